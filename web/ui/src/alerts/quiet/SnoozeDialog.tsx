// Keeping a rule of a camera quiet for some minutes: by whoever is on it, with the reason.
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useCamera } from '../../api/queries'
import { endQuiet, snooze } from '../../api/quiets'
import { Dialog } from '../../controls/Dialog'
import { explain } from '../../controls/states'
import { tell } from '../../controls/toasts'
import { useStore } from '../../preferences/store'
import { clock } from '../../time/format'
import { askedSnooze } from '../alertActions'
import { NoteForm } from '../NoteForm'
import { usePlaces } from '../places'
import { ruleOf } from '../said'

const MINUTES = [5, 15, 30, 60] as const
const REASONS = ['staff', 'animal', 'light', 'known'] as const

export function SnoozeDialog() {
  const { t } = useTranslation()
  const alert = useStore(askedSnooze)
  const place = usePlaces()
  const zones = useCamera(alert?.camera ?? null).data?.zones
  const [minutes, setMinutes] = useState<number>(15)
  const [reason, setReason] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState('')
  useEffect(() => {
    setMinutes(15)
    setReason('')
    setError('')
  }, [alert])
  if (!alert) return null
  const close = () => askedSnooze.set(null)
  const submit = async () => {
    if (reason.trim() === '') return setError(t('quiet.noReason'))
    setBusy(true)
    setError('')
    try {
      const made = await snooze(alert.id, minutes, reason)
      const undo = () => void endQuiet(made.id).then(() => tell(t('quiet.ended')), (cause: unknown) => tell(explain(cause, t), 'breach'))
      tell(t('quiet.made', { time: clock(made.until, false) }), 'done', { label: t('action.undo'), run: undo })
      close()
    } catch (cause) {
      setError(explain(cause, t))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Dialog open onClose={close} title={t('quiet.snooze')} description={t('quiet.snoozeText')}>
      <p><strong>{ruleOf(alert, zones?.find((zone) => zone.id === alert.zone)?.name)}</strong><br /><span className="secondary">{place(alert)}</span></p>
      <NoteForm label={t('quiet.reason')} phrases={REASONS.map((one) => t(`quietReason.${one}`))} note={reason} onNote={setReason}
        error={error} busy={busy} submit={t('quiet.do')} onSubmit={() => void submit()} onCancel={close}>
        <span className="segmented quiet-minutes" role="group" aria-label={t('quiet.minutes')}>
          {MINUTES.map((one) => <button key={one} type="button" aria-pressed={minutes === one} onClick={() => setMinutes(one)}>{t('time.minutes', { count: one })}</button>)}
        </span>
      </NoteForm>
    </Dialog>
  )
}
