// Who was called, who took on and resolved how many, and how soon.
import { useTranslation } from 'react-i18next'
import type { Report } from '../api/reports'
import { took } from './words'

export function People({ people }: { people: Report['people'] }) {
  const { t } = useTranslation()
  if (people.length === 0) return null
  return (
    <section>
      <h3>{t('report.people')}</h3>
      <div className="report-table">
        <table>
          <thead>
            <tr>{(['person', 'called', 'acknowledged', 'resolved', 'halfShort'] as const).map((name) => <th key={name} scope="col">{t(`report.${name}`)}</th>)}</tr>
          </thead>
          <tbody>
            {people.map((one) => (
              <tr key={one.user}>
                <th scope="row">{one.user}</th>
                <td>{one.called ?? '–'}</td>
                <td>{one.acknowledged}</td>
                <td>{one.resolved}</td>
                <td>{took(one.ack_p50_s)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
