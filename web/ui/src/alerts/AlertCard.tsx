// An alert in few words: picture, kind, place, time, how many. Used beside the wall and the camera.
import type { TFunction } from 'i18next'
import { Check, ClockAlert, FileWarning, Gauge, HardDrive, ImageOff, Lock, type LucideIcon } from 'lucide-react'
import { memo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import type { Alert } from '../api/types'
import { useGate } from '../rooms/useRoomOf'
import { moment, span } from '../time/format'
import { serverClock } from '../time/serverClock'
import { AlertBadge, AlertMark } from './AlertMark'
import { usePlaces } from './places'
import { kindOf, lastedMs, manyOf, saidOf } from './said'
import { isTaken, takenBy } from './standing'

const NODE_ICONS: Record<string, LucideIcon> = { clock: ClockAlert, index: FileWarning, analysis: Gauge }

export function Thumbnail({ alert, className }: { alert: Alert; className?: string }) {
  const { t } = useTranslation()
  const [broken, setBroken] = useState(false)
  const classes = `thumbnail ${className ?? ''}`
  const gate = useGate(alert.camera)
  if (alert.camera === null) {
    const Icon = NODE_ICONS[alert.kind] ?? HardDrive
    return <span className={`${classes} of-node`} aria-hidden="true"><Icon size={20} strokeWidth={1.6} /></span>
  }
  // In a list nobody asked for this room: it stays closed there, also while it is open.
  if (alert.snapshot && gate.room) return <span className={`${classes} of-room`} role="img" aria-label={t('tile.closed')} title={t('tile.closed')}><Lock size={16} strokeWidth={1.6} /></span>
  if (alert.snapshot && gate.state === 'unknown') return <span className={classes} />
  if (!alert.snapshot || broken) {
    return (
      <span className={`${classes} hatched`} role="img" aria-label={t('alerts.noPicture')} title={t('alerts.noPicture')}>
        <ImageOff size={16} strokeWidth={1.6} />
      </span>
    )
  }
  return <img className={classes} src={alert.snapshot} alt="" loading="lazy" decoding="async" onError={() => setBroken(true)} />
}

export const AlertCard = memo(function AlertCard({ alert, here }: { alert: Alert; here?: boolean }) {
  const { t } = useTranslation()
  const place = usePlaces()
  const said = saidOf(alert)
  return (
    <Link className="alert-card" href={`/alerts/${alert.id}`} data-severity={alert.severity} data-open={alert.state === 'open'}>
      <Thumbnail alert={alert} />
      <span className="alert-card-text">
        <span className="alert-card-kind">
          <AlertMark severity={alert.severity} />
          <b className="cut">{kindOf(alert)}</b>
        </span>
        {here ? said && <span>{said}</span> : <span className="cut">{place(alert)}</span>}
        <span className="secondary cut" title={said}>
          {moment(alert.opened_at)}
          {!here && alert.persons ? ` · ${manyOf(alert.kind, alert.persons)}` : ''}
          {(alert.ended_at || (here && isTaken(alert))) && ` · ${lasting(alert, t)}`}
        </span>
        {!here && isTaken(alert) && <span className="alert-card-taken cut"><Check size={13} aria-hidden="true" /> {t('alerts.takenBy', { by: takenBy(alert) ?? '' })}</span>}
        {here && <AlertBadge state={alert.state} severity={alert.severity} />}
      </span>
    </Link>
  )
})

export function lasting(alert: Alert, t: TFunction): string {
  // Joined, so that no line ends between a number and its unit.
  return alert.ended_at ? span(lastedMs(alert, serverClock.now())).replaceAll(' ', '\u00a0') : t('alerts.ongoing')
}
