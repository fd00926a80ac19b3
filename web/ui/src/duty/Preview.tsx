// What adding many shifts at once would do, before it is done: how many, and all that stands against it.
import { CircleCheck, TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { word } from '../i18n'
import { faultText } from './said'
import type { Imported } from './types'

/** `what` says which shift a line is, where there is no file to look it up in. */
export function Preview({ plan, what }: { plan: Imported; what?: (row: number) => string }) {
  const { t } = useTranslation()
  const wrong = plan.problems.length + (plan.more_problems ?? 0)
  return (
    <div className="preview">
      {wrong === 0 ? <p className="preview-good" role="status"><CircleCheck size={16} aria-hidden="true" /> {t(what ? 'copying.good' : 'importing.good', { added: plan.added, unchanged: plan.unchanged, rows: plan.rows })}</p>
        : <p className="form-error" role="alert"><TriangleAlert size={16} />{t(what ? 'copying.bad' : 'importing.bad', { count: wrong, rows: plan.rows })}</p>}
      {(plan.ignored_columns?.length ?? 0) > 0 && <p className="secondary">{t('importing.ignored', { names: plan.ignored_columns?.join(', ') })}</p>}
      {wrong > 0 && (
        <div className="preview-problems scrolls" tabIndex={0} role="region" aria-label={t('importing.problems')}>
          <table>
            <thead><tr><th scope="col">{t(what ? 'importing.shift' : 'importing.row')}</th>{!what && <th scope="col">{t('importing.column')}</th>}<th scope="col">{t('importing.problem')}</th></tr></thead>
            <tbody>
              {plan.problems.map((one, index) => (
                <tr key={index}>
                  <th scope="row">{one.row === null ? '–' : what ? what(one.row) : one.row}</th>
                  {!what && <td>{one.column ? word('importColumn', one.column) : '–'}</td>}
                  <td>{faultText(one, t)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {(plan.more_problems ?? 0) > 0 && <p className="secondary">{t('importing.more', { count: plan.more_problems })}</p>}
        </div>
      )}
    </div>
  )
}
