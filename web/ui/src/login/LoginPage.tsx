// Signing in. The only page that is seen without a session.
import { CircleAlert, LogIn, Moon, Sun } from 'lucide-react'
import { useEffect, useState, type FormEvent } from 'react'
import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { signIn } from '../api/actions'
import { Problem, Unreachable } from '../api/client'
import { keys } from '../api/queries'
import { prefer, preferences } from '../preferences/preferences'
import { useStore } from '../preferences/store'
import { Logo } from '../shell/Logo'
import { duration } from '../time/format'

export function LoginPage() {
  const { t } = useTranslation()
  const client = useQueryClient()
  const { language, theme } = useStore(preferences)
  const [username, setUsername] = useState('')
  const [password, setPassword] = useState('')
  const [error, setError] = useState('')
  const [wait, setWait] = useState(0)
  const [busy, setBusy] = useState(false)

  useEffect(() => {
    document.title = t('login.title')
  }, [t])
  useEffect(() => {
    if (wait <= 0) return
    const timer = setTimeout(() => setWait(wait - 1), 1000)
    return () => clearTimeout(timer)
  }, [wait])

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setError('')
    try {
      await signIn(username.trim(), password)
      await client.resetQueries({ queryKey: keys.session })
    } catch (cause) {
      if (cause instanceof Problem && cause.status === 429) setWait(cause.retryAfterS ?? 30)
      else if (cause instanceof Problem && cause.status === 401) setError(t('login.wrong'))
      else setError(t(cause instanceof Unreachable ? 'error.unreachable' : 'error.unknown'))
      setPassword('')
    } finally {
      setBusy(false)
    }
  }
  const message = wait > 0 ? t('login.wait', { time: duration(wait * 1000) }) : error

  return (
    <main className="login">
      <form className="login-card" onSubmit={(event) => void submit(event)}>
        <Logo size={34} />
        <div>
          <h1>{t('login.heading')}</h1>
          <p className="secondary">{t('login.subheading')}</p>
        </div>
        <label className="field">
          <span>{t('login.username')}</span>
          <input className="input" autoComplete="username" autoFocus required value={username}
            autoCapitalize="none" spellCheck={false} onChange={(event) => setUsername(event.target.value)} />
        </label>
        <label className="field">
          <span>{t('login.password')}</span>
          <input className="input" type="password" autoComplete="current-password" required value={password}
            onChange={(event) => setPassword(event.target.value)} />
        </label>
        {message && (
          <p className="form-error" role="alert">
            <CircleAlert size={16} />
            {message}
          </p>
        )}
        <button className="button primary" disabled={busy || wait > 0}>
          <LogIn size={16} />
          {busy ? t('login.busy') : t('login.submit')}
        </button>
      </form>
      <div className="login-foot">
        <button className="button quiet" lang={language === 'vi' ? 'en' : 'vi'}
          onClick={() => prefer({ language: language === 'vi' ? 'en' : 'vi' })}>
          {t('language.other')}
        </button>
        <button className="button quiet" onClick={() => prefer({ theme: theme === 'dark' ? 'light' : 'dark' })}>
          {theme === 'dark' ? <Sun size={15} /> : <Moon size={15} />}
          {t(theme === 'dark' ? 'theme.light' : 'theme.dark')}
        </button>
      </div>
    </main>
  )
}
