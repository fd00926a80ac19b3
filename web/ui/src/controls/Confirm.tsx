// Asked before something that cannot be taken back; what was refused is said where it was asked.
import { CircleAlert } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from './Dialog'

interface Props {
  title: string
  text: string
  yes: string
  /** Throws what was refused; `refused` puts it into words. */
  onYes: () => Promise<void>
  refused: (error: unknown) => string
  onClose: () => void
  grave?: boolean
}

export function Confirm({ title, text, yes, onYes, refused, onClose, grave }: Props) {
  const { t } = useTranslation()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState('')
  const act = async () => {
    setBusy(true)
    setError('')
    try {
      await onYes()
    } catch (cause) {
      setError(refused(cause))
      setBusy(false)
    }
  }
  return (
    <Dialog open onClose={onClose} title={title} description={text}>
      {error && <p className="form-error" role="alert"><CircleAlert size={16} />{error}</p>}
      <div className="dialog-foot">
        <button className="button" autoFocus onClick={onClose}>{t('action.cancel')}</button>
        <button className={grave ? 'button breach' : 'button primary'} disabled={busy} onClick={() => void act()}>{yes}</button>
      </div>
    </Dialog>
  )
}
