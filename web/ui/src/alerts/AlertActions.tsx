// What may be done with one alert.
import { BellOff, Check, CheckCheck, Film, Video } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import type { Alert } from '../api/types'
import { footageOf } from '../recordings/address'
import { usePermission } from '../shell/shellState'
import { ask, askSnooze, canAck, canResolve, canSnooze, useMayAct, type Act } from './alertActions'
import { liveOf } from './places'

/** `onAct`: where it stands in a list that knows of its group. */
export function AlertActions({ alert, onAct = (action) => ask(alert, action) }: { alert: Alert; onAct?: ((action: Act) => void) | undefined }) {
  const { t } = useTranslation()
  const may = useMayAct()
  const mayReplay = usePermission('recording.view')
  const [live, footage] = [liveOf(alert), mayReplay ? footageOf(alert) : null]
  return (
    <div className="alert-actions">
      {may.ack && canAck(alert) && (
        <button className="button primary" onClick={() => onAct('ack')}>
          <Check size={16} /> {t('act.ack')} <kbd>A</kbd>
        </button>
      )}
      {may.resolve && canResolve(alert) && (
        <button className="button" onClick={() => onAct('resolve')}>
          <CheckCheck size={16} /> {t('act.resolve')} <kbd>R</kbd>
        </button>
      )}
      {footage && (
        <Link className="button" href={footage}>
          <Film size={16} /> {t('action.footage')} <kbd>V</kbd>
        </Link>
      )}
      {live && (
        <Link className="button" href={live}>
          <Video size={16} /> {t('action.live')} <kbd>Enter</kbd>
        </Link>
      )}
      {may.quiet && canSnooze(alert) && (
        <button className="button" onClick={() => askSnooze(alert)}>
          <BellOff size={16} /> {t('quiet.snoozeShort')} <kbd>Z</kbd>
        </button>
      )}
    </div>
  )
}
