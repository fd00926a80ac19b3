// A word about what one does: typed, or one of the usual ones; sent by Enter.
import { CircleAlert } from 'lucide-react'
import type { FormEvent, KeyboardEvent, ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

interface Props {
  label: string
  placeholder?: string
  phrases: readonly string[]
  note: string
  onNote: (note: string) => void
  error: string
  busy: boolean
  submit: string
  onSubmit: () => void
  onCancel: () => void
  /** Above the note. */
  children?: ReactNode
}

export function NoteForm({ label, placeholder, phrases, note, onNote, error, busy, submit, onSubmit, onCancel, children }: Props) {
  const { t } = useTranslation()
  const send = (event: FormEvent | KeyboardEvent) => {
    event.preventDefault()
    if (!busy) onSubmit()
  }
  return (
    <form className="field note-form" onSubmit={send}>
      {children}
      <span id="note-label">{label}</span>
      <textarea className="input" rows={3} autoFocus aria-labelledby="note-label" maxLength={500} value={note} placeholder={placeholder}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) send(event)
        }}
        onChange={(event) => onNote(event.target.value)} />
      <div className="choices">
        {phrases.map((phrase) => <button key={phrase} type="button" className="button" onClick={() => onNote(phrase)}>{phrase}</button>)}
      </div>
      {error && (
        <p className="form-error" role="alert">
          <CircleAlert size={16} />
          {error}
        </p>
      )}
      <div className="dialog-foot">
        <button type="button" className="button" onClick={onCancel}>{t('action.cancel')}</button>
        <button className="button primary" disabled={busy}>{submit} <kbd>Enter</kbd></button>
      </div>
    </form>
  )
}
