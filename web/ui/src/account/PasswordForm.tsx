// Another password of one's own.
import { CircleAlert } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { changePassword } from '../api/accounts'
import { Problem } from '../api/client'
import { tell } from '../controls/toasts'
import { refusal } from '../users/said'

/** As web/accounts/passwords.py has it. */
const SHORTEST = 12
const LONGEST = 256

export function PasswordForm({ username }: { username: string }) {
  const { t } = useTranslation()
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const [again, setAgain] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState('')
  const wanting = !current ? t('password.noCurrent') : next.length < SHORTEST ? t('password.short', { count: SHORTEST })
    : next === current ? t('password.same') : next !== again ? t('password.differ') : ''
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (wanting) {
      setError(wanting)
      return
    }
    setBusy(true)
    setError('')
    try {
      await changePassword(current, next)
      setNext('')
      setAgain('')
      tell(t('password.changed'))
    } catch (cause) {
      setError(cause instanceof Problem && cause.status === 422 ? t('password.weak', { count: SHORTEST }) : refusal(cause, t))
    } finally {
      setCurrent('')
      setBusy(false)
    }
  }
  const field = (label: string, value: string, put: (text: string) => void, complete: string) => (
    <label className="field">
      <span>{label}</span>
      <input className="input" type="password" autoComplete={complete} maxLength={LONGEST} value={value} onChange={(event) => put(event.target.value)} />
    </label>
  )
  return (
    <form className="password-form" onSubmit={(event) => void submit(event)}>
      {/* For the browser's keeper of passwords: whose it is. */}
      <input className="visually-hidden" type="text" autoComplete="username" value={username} readOnly tabIndex={-1} aria-hidden="true" />
      {field(t('password.current'), current, setCurrent, 'current-password')}
      {field(t('password.next'), next, setNext, 'new-password')}
      {field(t('password.again'), again, setAgain, 'new-password')}
      <p className="secondary">{t('password.text', { count: SHORTEST })}</p>
      {error && <p className="form-error" role="alert"><CircleAlert size={16} />{error}</p>}
      <button className="button primary" disabled={busy}>{t('password.submit')}</button>
    </form>
  )
}
