// Alerts that nobody took on in time, each with the way to it.
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { AlertBadge, AlertMark } from '../alerts/AlertMark'
import { usePlaces } from '../alerts/places'
import { kindOf, saidOf } from '../alerts/said'
import { takenBy } from '../alerts/standing'
import type { Alert } from '../api/types'
import { moment } from '../time/format'

/** `count`: how many there are, of which `technical` are about the system; `alerts`: the newest of them. */
export function Missed({ alerts, count, technical }: { alerts: readonly Alert[]; count: number; technical: number }) {
  const { t } = useTranslation()
  const place = usePlaces()
  return (
    <section>
      <h3>{t('report.missedList', { count })}{technical > 0 && `, ${t('report.missedTechnical', { count: technical })}`}</h3>
      {alerts.length === 0 ? <p className="secondary">{t('report.noneMissed')}</p> : (
        <ul className="report-missed">
          {alerts.map((alert) => (
            <li key={alert.id}>
              <Link href={`/alerts/${encodeURIComponent(alert.id)}`}>
                <time dateTime={alert.opened_at}>{moment(alert.opened_at)}</time>
                <AlertMark severity={alert.severity} /> <b>{kindOf(alert)}</b>
                <span>{place(alert)}</span>
                <span className="secondary cut">{saidOf(alert)}</span>
                <AlertBadge state={alert.state} severity={alert.severity} /> {takenBy(alert)}
              </Link>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
