// Another name for a channel: by it one knows it on the record of an alert.
import { CircleAlert } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { changeChannel, type Channel } from '../api/channels'
import { Dialog } from '../controls/Dialog'
import { refusalOf } from './said'

export function NameDialog({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  const { t } = useTranslation()
  const [label, setLabel] = useState(channel.label)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState('')
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (label.trim() === '') {
      setError(t('channels.noName'))
      return
    }
    setBusy(true)
    try {
      await changeChannel(channel.id, { label: label.trim() })
      onClose()
    } catch (cause) {
      setError(refusalOf(cause, t))
      setBusy(false)
    }
  }
  return (
    <Dialog open onClose={onClose} title={t('channels.rename')}>
      <form className="user-form" onSubmit={(event) => void submit(event)}>
        <label className="field">
          <span>{t('channels.label')}</span>
          <input className="input" autoFocus maxLength={64} value={label} onChange={(event) => setLabel(event.target.value)} />
        </label>
        <div className="dialog-foot">
          {error && <p className="form-error" role="alert"><CircleAlert size={16} />{error}</p>}
          <button type="button" className="button" onClick={onClose}>{t('action.cancel')}</button>
          <button className="button primary" disabled={busy}>{t('action.save')}</button>
        </div>
      </form>
    </Dialog>
  )
}
