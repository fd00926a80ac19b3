// Acknowledging or resolving with a word, one alert or its group; says who was first when somebody was.
import { useEffect, useState } from 'react'
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
import { NoteForm } from './NoteForm'
import { usePlaces } from './places'
import { kindOf } from './said'

/** What one does about it, and what it turned out to be. */
export const PHRASES = { ack: ['going', 'calling'], resolve: ['checked', 'guided', 'falseAlarm', 'staff'] } as const

export function AlertActionDialog() {
  const { t } = useTranslation()
  const asked = useStore(askedAction)
  const place = usePlaces()
  const [note, setNote] = useState('')
  const [whole, setWhole] = useState(true)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState('')
  useEffect(() => {
    setNote('')
    setWhole(true)
    setError('')
  }, [asked])
  if (!asked) return null
  const { alert, action, group } = asked
  const close = () => askedAction.set(null)

  const submit = async () => {
    setBusy(true)
    setError('')
    try {
      await actOnAlert(alert.id, action, note, group !== undefined && whole)
      tell(t(action === 'ack' ? 'act.acked' : 'act.resolved', { kind: kindOf(alert) }) + (group !== undefined && whole ? ` ×${group}` : ''))
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
  return (
    <Dialog open onClose={close} title={t(action === 'ack' ? 'act.ackTitle' : 'act.resolveTitle')}>
      <p className="alert-line">
        <AlertMark severity={alert.severity} />
        <strong>{kindOf(alert)}</strong>
        <time className="secondary" dateTime={alert.opened_at}>{moment(alert.opened_at)}</time>
      </p>
      <p>{place(alert)}</p>
      <NoteForm label={t('act.note')} placeholder={t('act.notePlaceholder')} phrases={PHRASES[action].map((phrase) => t(`phrase.${phrase}`))} note={note} onNote={setNote}
        error={error} busy={busy} submit={t(action === 'ack' ? 'act.ack' : 'act.resolve')} onSubmit={() => void submit()} onCancel={close}>
        {group !== undefined && (
          <label className="check">
            <input type="checkbox" checked={whole} onChange={(event) => setWhole(event.target.checked)} />
            <span>{t('act.whole', { count: group })}</span>
          </label>
        )}
      </NoteForm>
    </Dialog>
  )
}
