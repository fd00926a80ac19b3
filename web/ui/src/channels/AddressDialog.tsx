// One more address at a gateway of this host.
import { CircleAlert } from 'lucide-react'
import { useState, type FormEvent, type HTMLInputTypeAttribute } from 'react'
import { useTranslation } from 'react-i18next'
import { addChannel, type Asks, type Channels } from '../api/channels'
import { Dialog } from '../controls/Dialog'
import { tell } from '../controls/toasts'
import { fits, refusalOf, tidy } from './said'

/** `inputmode` brings up the right keys on a telephone; the browser's own checks would speak its language, not the page's. */
const MODES: Partial<Record<Asks, 'email' | 'tel'>> = { email: 'email', phone: 'tel' }
const TEXT: HTMLInputTypeAttribute = 'text'

export function AddressDialog({ gateways, onClose }: { gateways: Channels['gateways']; onClose: () => void }) {
  const { t, i18n } = useTranslation()
  const [chosen, setChosen] = useState(gateways[0]?.name ?? '')
  const [entered, setEntered] = useState('')
  const [label, setLabel] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState('')
  const asks = gateways.find((one) => one.name === chosen)?.asks ?? 'text'
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const address = tidy(asks, entered)
    if (!fits(asks, address)) {
      setError(t(`asksWrong.${asks}`))
      return
    }
    setBusy(true)
    setError('')
    try {
      const made = await addChannel({ gateway: chosen, address, label: label.trim() || address.slice(0, 64), language: i18n.language })
      tell(t('channels.added', { name: made.label }))
      onClose()
    } catch (cause) {
      setError(refusalOf(cause, t))
      setBusy(false)
    }
  }
  return (
    <Dialog open onClose={onClose} title={t('channels.add')} description={t('channels.addText')}>
      <form className="user-form" noValidate onSubmit={(event) => void submit(event)}>
        <fieldset className="field">
          <legend>{t('channels.gateway')}</legend>
          <span className="segmented gateways" role="group" aria-label={t('channels.gateway')}>
            {gateways.map(({ name }) => (
              <button key={name} type="button" aria-pressed={name === chosen} onClick={() => {
                setChosen(name)
                setError('')
              }}>{name}</button>
            ))}
          </span>
        </fieldset>
        <label className="field">
          <span>{t(`asks.${asks}`)}</span>
          <input className="input" type={TEXT} inputMode={MODES[asks]} autoFocus autoCapitalize="none" spellCheck={false} maxLength={200}
            placeholder={t(`asksExample.${asks}`)} value={entered} onChange={(event) => setEntered(event.target.value)} />
        </label>
        <label className="field">
          <span>{t('channels.label')}</span>
          <input className="input" maxLength={64} placeholder={t('channels.labelPlaceholder')} value={label} onChange={(event) => setLabel(event.target.value)} />
        </label>
        <div className="dialog-foot">
          {error && <p className="form-error" role="alert"><CircleAlert size={16} />{error}</p>}
          <button type="button" className="button" onClick={onClose}>{t('action.cancel')}</button>
          <button className="button primary" disabled={busy}>{t('channels.add')}</button>
        </div>
      </form>
    </Dialog>
  )
}
