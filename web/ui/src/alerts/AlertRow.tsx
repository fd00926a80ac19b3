// One line of the list of alerts: an alert, or a group by its newest.
import { BellOff, ChevronDown, ChevronRight } from 'lucide-react'
import { memo, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { moment, stretch } from '../time/format'
import { lasting, Thumbnail } from './AlertCard'
import { AlertMark } from './AlertMark'
import { tellingOf, type Row } from './grouping'
import { usePlaces } from './places'
import { kindOf, saidOf } from './said'
import { isTaken } from './standing'
import { StandingBadge } from './StandingBadge'

interface Props {
  row: Row
  chosen: boolean
  picked: boolean
  /** Came while the page was open, and nobody has looked at it here. */
  fresh: boolean
  query: string
  onToggle: (row: Row) => void
  onPick: (row: Row) => void
  /** Enter on the row that is chosen already. */
  onEnter: () => void
}

export const AlertRow = memo(function AlertRow({ row, chosen, picked, fresh, query, onToggle, onPick, onEnter }: Props) {
  const { t } = useTranslation()
  const place = usePlaces()
  const { alert, members } = row
  const said = [saidOf(alert), (alert.ended_at || isTaken(alert)) && lasting(alert, t)].filter(Boolean).join(', ')
  const first = members.at(-1) ?? alert
  const enter = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !chosen) return
    event.preventDefault()
    onEnter()
  }
  return (
    <li className="alert-item" data-under={row.under} data-picked={picked} data-alert-id={alert.id}>
      <Link className="alert-row" href={`/alerts/${encodeURIComponent(alert.id)}${query ? `?${query}` : ''}`} onKeyDown={enter}
        aria-current={chosen} data-state={alert.state} data-severity={alert.severity} data-quiet={Boolean(alert.quiet)}>
        <Thumbnail alert={alert} />
        <span className="alert-row-text">
          <span className="alert-row-head">
            <AlertMark severity={alert.severity} />
            <b className="cut">{kindOf(alert)}</b>
            {fresh && <span className="alert-fresh">{t('alerts.fresh')}</span>}
            <time dateTime={alert.opened_at}>{row.size > 1 && !row.open && !row.under ? stretch(first.opened_at, alert.opened_at) : moment(alert.opened_at)}</time>
          </span>
          <span className="alert-row-place">
            {alert.quiet && <BellOff size={13} role="img" aria-label={t('quiet.short')} />}
            <span className="cut">{place(alert)}</span>
          </span>
          <span className="alert-row-said">
            <span className="secondary cut" title={said}>{said}</span>
            <StandingBadge alert={tellingOf(row)} />
          </span>
        </span>
      </Link>
      {row.size > 1 && !row.under && (
        <button className="alert-count" aria-expanded={row.open} aria-label={t(row.open ? 'alerts.closeGroup' : 'alerts.openGroup', { count: row.size })} onClick={() => onToggle(row)}>
          ×{row.size} {row.open ? <ChevronDown size={14} aria-hidden="true" /> : <ChevronRight size={14} aria-hidden="true" />}
        </button>
      )}
      <input type="checkbox" className="alert-pick" checked={picked} aria-label={t('alerts.pick', { what: kindOf(alert) })} onChange={() => onPick(row)} />
    </li>
  )
})
