// Making an API token: a name, what it may do, for how long.
import { CircleAlert } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { makeToken, type Token } from '../api/accounts'
import { Dialog } from '../controls/Dialog'
import { inOrder, permissionWord } from '../rights/permissions'
import { date } from '../time/format'
import { serverClock } from '../time/serverClock'
import { refusal } from '../users/said'

const DAYS = [7, 30, 90, 365] as const
const DAY = 86_400_000
/** What only a person may do, whatever a token says. */
const NOT_FOR_TOKENS = ['session.own', 'user.manage']

interface Props {
  own: readonly string[]
  onClose: () => void
  onMade: (token: Token & { token: string }) => void
}

export function TokenDialog({ own, onClose, onMade }: Props) {
  const { t } = useTranslation()
  const [name, setName] = useState('')
  const [chosen, setChosen] = useState<string[]>([])
  const [days, setDays] = useState<number>(30)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState('')
  const offered = inOrder(own.filter((one) => !NOT_FOR_TOKENS.includes(one)))
  const wanting = name.trim() === '' ? t('tokens.noName') : chosen.length === 0 ? t('tokens.noScope') : ''
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (wanting) {
      setError(wanting)
      return
    }
    setBusy(true)
    setError('')
    try {
      onMade(await makeToken({ name: name.trim(), permissions: chosen, days }))
    } catch (cause) {
      setError(refusal(cause, t))
      setBusy(false)
    }
  }
  return (
    <Dialog open onClose={onClose} title={t('tokens.make')} description={t('tokens.makeText')}>
      <form className="user-form" onSubmit={(event) => void submit(event)}>
        <label className="field">
          <span>{t('tokens.name')}</span>
          <input className="input" autoFocus maxLength={60} placeholder={t('tokens.namePlaceholder')} value={name} onChange={(event) => setName(event.target.value)} />
        </label>
        <fieldset className="field">
          <legend>{t('tokens.scope')}</legend>
          {offered.map((one) => (
            <label key={one} className="check">
              <input type="checkbox" checked={chosen.includes(one)} onChange={(event) => setChosen(event.target.checked ? [...chosen, one] : chosen.filter((held) => held !== one))} />
              <span>{permissionWord(one)}</span>
            </label>
          ))}
        </fieldset>
        <fieldset className="field">
          <legend>{t('tokens.days')}</legend>
          <span className="segmented" role="group" aria-label={t('tokens.days')}>
            {DAYS.map((one) => <button key={one} type="button" aria-pressed={days === one} onClick={() => setDays(one)}>{t('time.days', { count: one })}</button>)}
          </span>
          <span className="secondary">{t('tokens.expires', { date: date(serverClock.now() + days * DAY) })}</span>
        </fieldset>
        <div className="dialog-foot">
          {error && <p className="form-error" role="alert"><CircleAlert size={16} />{error}</p>}
          <button type="button" className="button" onClick={onClose}>{t('action.cancel')}</button>
          <button className="button primary" disabled={busy}>{t('tokens.make')}</button>
        </div>
      </form>
    </Dialog>
  )
}
