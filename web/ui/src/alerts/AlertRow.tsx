// One line of the list of alerts.
import { memo } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import type { Alert } from '../api/types'
import { moment } from '../time/format'
import { lasting, Thumbnail } from './AlertCard'
import { AlertBadge, AlertMark } from './AlertMark'
import { usePlaces } from './places'
import { kindOf, saidOf } from './said'
import { isTaken } from './standing'

export const AlertRow = memo(function AlertRow({ alert, chosen, query }: { alert: Alert; chosen: boolean; query: string }) {
  const { t } = useTranslation()
  const place = usePlaces()
  const said = [saidOf(alert), (alert.ended_at || isTaken(alert)) && lasting(alert, t)].filter(Boolean).join(', ')
  return (
    <li>
      <Link className="alert-row" href={`/alerts/${encodeURIComponent(alert.id)}${query ? `?${query}` : ''}`}
        aria-current={chosen} data-state={alert.state} data-severity={alert.severity}>
        <Thumbnail alert={alert} />
        <span className="alert-row-text">
          <span className="alert-row-head">
            <AlertMark severity={alert.severity} />
            <b className="cut">{kindOf(alert)}</b>
            <time dateTime={alert.opened_at}>{moment(alert.opened_at)}</time>
          </span>
          <span>{place(alert)}</span>
          <span className="alert-row-said">
            <span className="secondary">{said}</span>
            <AlertBadge state={alert.state} severity={alert.severity} />
          </span>
        </span>
      </Link>
    </li>
  )
})
