// Opening a room, or for longer: why, and for how long. By keyboard: a reason by arrow keys or typed, then Enter.
import { CircleAlert, Clock } from 'lucide-react'
import { useEffect, useRef, useState, type FormEvent, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { Problem } from '../api/client'
import { Dialog } from '../controls/Dialog'
import { explain } from '../controls/states'
import { useStore } from '../preferences/store'
import { placeName, useKnown } from '../recordings/known'
import { onPhone } from '../shell/phone'
import { useNow } from '../shell/ticking'
import { clock } from '../time/format'
import { askedRoom, MINUTES, MOST_REASON, reasonsFor, USUAL_MINUTES, type AskedRoom } from './asking'
import { useOpened } from './openings'
import { openRoom } from './queries'

export function OpenDialog() {
  const asked = useStore(askedRoom)
  return asked && <Asked key={asked.camera} asked={asked} />
}

function Asked({ asked }: { asked: AskedRoom }) {
  const { t } = useTranslation()
  const known = useKnown()
  const now = useNow()
  const open = useOpened(asked.camera)
  // As it was when it was asked: at the end of the time while somebody types this stays what it is.
  const [before] = useState(open)
  const [reason, setReason] = useState(before?.reason ?? '')
  const [minutes, setMinutes] = useState<number>(USUAL_MINUTES)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState('')
  const field = useRef<HTMLTextAreaElement>(null)
  const usual = reasonsFor(asked.from).map((one) => t(`roomReason.${one}`))
  const close = () => askedRoom.set(null)
  useEffect(() => field.current?.select(), [])

  const choose = (text: string) => {
    setReason(text)
    setError('')
    // A finger that has chosen needs no keys on half its screen.
    if (!onPhone()) field.current?.focus()
  }
  const submit = async (event?: FormEvent) => {
    event?.preventDefault()
    if (busy) return
    if (reason.trim() === '') {
      setError(t('rooms.noReason'))
      field.current?.focus()
      return
    }
    setBusy(true)
    setError('')
    try {
      await openRoom(asked.camera, reason, minutes)
      close()
    } catch (cause) {
      setError(cause instanceof Problem && cause.status === 422 ? t('rooms.badReason') : explain(cause, t))
      setBusy(false)
    }
  }
  const keys = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Enter' && !event.shiftKey) void submit(event as unknown as FormEvent)
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    const at = usual.indexOf(reason)
    // In words of one's own the arrows move the caret.
    if (step === 0 || (at < 0 && reason !== '')) return
    event.preventDefault()
    choose(usual[at < 0 ? (step > 0 ? 0 : usual.length - 1) : (at + step + usual.length) % usual.length] ?? '')
  }
  return (
    <Dialog open onClose={close} title={t(before ? 'rooms.extendTitle' : 'rooms.openTitle')} description={placeName(asked.camera, known(asked.camera))}>
      <form className="room-form" onSubmit={(event) => void submit(event)}>
        <div className="field">
          <span id="room-reason">{t('rooms.reason')}</span>
          <textarea ref={field} className="input" rows={2} autoFocus={!onPhone()} required aria-labelledby="room-reason" aria-describedby="room-told" maxLength={MOST_REASON}
            value={reason} placeholder={t('rooms.reasonPlaceholder')} onKeyDown={keys} onChange={(event) => {
              setReason(event.target.value)
              setError('')
            }} />
          <div className="choices" role="group" aria-label={t('rooms.usualReasons')}>
            {usual.map((text) => <button key={text} type="button" className="button" aria-pressed={reason === text} onClick={() => choose(text)}>{text}</button>)}
          </div>
          <p className="field-hint desk-only"><kbd>↑</kbd> <kbd>↓</kbd> {t('rooms.keysHint')}</p>
        </div>
        <fieldset className="field room-minutes">
          <legend>{t('rooms.minutes')}</legend>
          <span className="segmented">
            {MINUTES.map((one) => <button key={one} type="button" aria-pressed={minutes === one} onClick={() => setMinutes(one)}>{t('time.minutes', { count: one })}</button>)}
          </span>
          <span className="secondary room-until"><Clock size={14} aria-hidden="true" /> {t('rooms.closesAt', { time: clock(now + minutes * 60_000, false) })}</span>
        </fieldset>
        {error && <p className="form-error" role="alert"><CircleAlert size={16} />{error}</p>}
        <p className="secondary room-told" id="room-told">{t('rooms.told')}</p>
        <div className="dialog-foot">
          <button type="button" className="button" onClick={close}>{t('action.cancel')}</button>
          <button className="button primary" disabled={busy}>{t(before ? 'rooms.extend' : 'rooms.open')} <kbd>Enter</kbd></button>
        </div>
      </form>
    </Dialog>
  )
}
