// The open alerts beside the wall, newest first, who took one with it; then those that are over but taken on by nobody.
import { BellOff, CircleCheck, Film, Video } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { ask, canAck, muteOpen, useMayAct } from '../alerts/alertActions'
import { AlertCard } from '../alerts/AlertCard'
import type { useOpenAlerts } from '../alerts/openAlerts'
import { liveOf, usePlaces } from '../alerts/places'
import type { Alert } from '../api/types'
import { Empty, Failed, Skeletons, StaleNote } from '../controls/states'
import { footageOf } from '../recordings/address'
import { usePermission } from '../shell/shellState'

const OVER_SHOWN = 20

/** `first`: the one that the key takes on. */
export function AlertColumn({ open, first }: { open: ReturnType<typeof useOpenAlerts>; first: Alert | undefined }) {
  const { t } = useTranslation()
  const may = useMayAct()
  const place = usePlaces()
  return (
    <aside className="alert-column" aria-label={t('column.open')}>
      <div className="alert-column-list scrolls">
        <h2>
          {t('column.open')} <span className="badge">{open.alerts.length}</span>
        </h2>
        {open.error && open.alerts.length + open.over.length > 0 && <StaleNote since={open.since} onRetry={open.retry} />}
        {open.loading ? (
          <Skeletons className="alert-skeletons" count={3} height={66} />
        ) : open.error && open.alerts.length + open.over.length === 0 ? (
          <Failed error={open.error} what={t('alerts.failed')} onRetry={open.retry} />
        ) : open.alerts.length === 0 ? (
          <Empty icon={<CircleCheck size={26} strokeWidth={1.5} />} title={t('column.none')} text={t('column.noneText')} />
        ) : (
          <Cards alerts={open.alerts} mayAck={may.ack} />
        )}
        {open.over.length > 0 && (
          <>
            <h2>
              {t('column.over')} <span className="badge">{open.over.length}</span>
            </h2>
            <Cards alerts={open.over.slice(0, OVER_SHOWN)} mayAck={may.ack} />
          </>
        )}
      </div>
      <footer className="alert-column-foot desk-only">
        {may.ack && (
          <button className="button" disabled={!first} title={t('keys.ackGravest')} onClick={() => ask(first, 'ack')}>
            <kbd>A</kbd> <span className="cut">{first ? t('column.ackAt', { place: place(first) }) : t('act.ackShort')}</span>
          </button>
        )}
        <button className="button quiet" onClick={() => muteOpen.set(true)}>
          <BellOff size={15} /> <kbd>M</kbd> {t('mute.short')}
        </button>
      </footer>
    </aside>
  )
}

function Cards({ alerts, mayAck }: { alerts: Alert[]; mayAck: boolean }) {
  const { t } = useTranslation()
  const mayReplay = usePermission('recording.view')
  return (
    <ul className="alert-cards">
      {alerts.map((alert) => (
        <li key={alert.id} data-alert-id={alert.id}>
          <AlertCard alert={alert} />
          <span className="alert-card-actions">
            <Way to={mayReplay ? footageOf(alert) : null} label={t('action.footage')} icon={<Film size={15} />} />
            <Way to={liveOf(alert)} label={t('action.live')} icon={<Video size={15} />} />
            {mayAck && canAck(alert) && <button className="button" onClick={() => ask(alert, 'ack')}>{t('act.ackShort')}</button>}
          </span>
        </li>
      ))}
    </ul>
  )
}

function Way({ to, label, icon }: { to: string | null; label: string; icon: ReactNode }) {
  if (to === null) return null
  return <Link className="button icon" href={to} aria-label={label} title={label}>{icon}</Link>
}
