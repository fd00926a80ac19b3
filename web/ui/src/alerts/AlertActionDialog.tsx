// Acknowledging or resolving with a word; says who was first when somebody was.
import { CircleAlert } from 'lucide-react'
import { useEffect, useState, type FormEvent, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { actOnAlert, AlreadyDone } from '../api/actions'
import { Dialog } from '../controls/Dialog'
import { explain } from '../controls/states'
import { tell } from '../controls/toasts'
import { word } from '../i18n'
import { useStore } from '../preferences/store'
import { clock, moment } from '../time/format'
import { askedAction } from './alertActions'
import { AlertMark } from './AlertMark'
import { usePlaces } from './places'
import { kindOf } from './said'

/** What one does about it, and what it turned out to be. */
const PHRASES = { ack: ['going', 'calling'], resolve: ['checked', 'guided', 'falseAlarm', 'staff'] } as const

export function AlertActionDialog() {
  const { t } = useTranslation()
  const asked = useStore(askedAction)
  const place = usePlaces()
  const [note, setNote] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState('')
  useEffect(() => {
    setNote('')
    setError('')
  }, [asked])
  if (!asked) return null
  const { alert, action } = asked
  const close = () => askedAction.set(null)

  const submit = async (event?: FormEvent) => {
    event?.preventDefault()
    setBusy(true)
    setError('')
    try {
      await actOnAlert(alert.id, action, note)
      tell(t(action === 'ack' ? 'act.acked' : 'act.resolved', { kind: kindOf(alert) }))
      close()
    } catch (cause) {
      if (cause instanceof AlreadyDone) {
        const step = cause.alert.steps.findLast((one) => one.by !== null)
        tell(step ? t('act.first', { by: step.by, time: clock(step.at), what: word('step', step.kind) }) : cause.detail, 'breach')
        close()
      } else setError(explain(cause, t))
    } finally {
      setBusy(false)
    }
  }
  const enter = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) void submit(event as unknown as FormEvent)
  }
  return (
    <Dialog open onClose={close} title={t(action === 'ack' ? 'act.ackTitle' : 'act.resolveTitle')}>
      <p className="alert-line">
        <AlertMark severity={alert.severity} />
        <strong>{kindOf(alert)}</strong>
        <time className="secondary" dateTime={alert.opened_at}>{moment(alert.opened_at)}</time>
      </p>
      <p>{place(alert)}</p>
      <form className="field" onSubmit={(event) => void submit(event)}>
        <span id="note-label">{t('act.note')}</span>
        <textarea className="input" rows={3} autoFocus aria-labelledby="note-label" maxLength={500} value={note}
          placeholder={t('act.notePlaceholder')} onKeyDown={enter} onChange={(event) => setNote(event.target.value)} />
        <div className="choices">
          {PHRASES[action].map((phrase) => (
            <button key={phrase} type="button" className="button" onClick={() => setNote(t(`phrase.${phrase}`))}>
              {t(`phrase.${phrase}`)}
            </button>
          ))}
        </div>
        {error && (
          <p className="form-error" role="alert">
            <CircleAlert size={16} />
            {error}
          </p>
        )}
        <div className="dialog-foot">
          <button type="button" className="button" onClick={close}>{t('action.cancel')}</button>
          <button className="button primary" disabled={busy}>
            {t(action === 'ack' ? 'act.ack' : 'act.resolve')} <kbd>Enter</kbd>
          </button>
        </div>
      </form>
    </Dialog>
  )
}
