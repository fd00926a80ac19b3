// A dialog that shows something once: a password, a token. It is not closed by a slip.
import { Check, Copy, TriangleAlert } from 'lucide-react'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from './Dialog'

interface Props {
  title: string
  /** What it is for, and that it is not shown again. */
  text: string
  secret: string
  onClose: () => void
}

export function Secret({ title, text, secret, onClose }: Props) {
  const { t } = useTranslation()
  const value = useRef<HTMLElement>(null)
  const [copied, setCopied] = useState<'no' | 'yes' | 'failed'>('no')
  const [warned, setWarned] = useState(false)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(secret)
      setCopied('yes')
    } catch {
      // Without HTTPS there is no clipboard: marked, it is one key away.
      if (value.current) window.getSelection()?.selectAllChildren(value.current)
      setCopied('failed')
    }
  }
  const leave = () => (copied === 'no' && !warned ? setWarned(true) : onClose())
  return (
    <Dialog open onClose={leave} title={title} description={text}>
      <div className="secret">
        <code ref={value} data-secret>{secret}</code>
        <button className="button primary" autoFocus onClick={() => void copy()}>
          {copied === 'yes' ? <Check size={15} /> : <Copy size={15} />} {t(copied === 'yes' ? 'secret.copied' : 'secret.copy')}
        </button>
      </div>
      {copied === 'failed' && <p className="secret-note" role="status"><TriangleAlert size={15} /> {t('secret.byHand')}</p>}
      {warned && copied === 'no' && <p className="secret-note" role="alert"><TriangleAlert size={15} /> {t('secret.notCopied')}</p>}
      <div className="dialog-foot">
        <button className="button" onClick={leave}>{t(warned && copied === 'no' ? 'secret.closeAnyway' : 'secret.done')}</button>
      </div>
    </Dialog>
  )
}
