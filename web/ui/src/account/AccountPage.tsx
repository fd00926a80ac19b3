// One's own account: how one is called, what it may do, where it is signed in, its password, its API tokens.
import { use } from 'react'
import { useTranslation } from 'react-i18next'
import { Channels } from '../channels/Channels'
import { word } from '../i18n'
import { useSitesNamed } from '../rights/sites'
import { onPhone } from '../shell/phone'
import { PageTools } from '../shell/PageTools'
import { SessionContext, useTitle } from '../shell/shellState'
import { Permitted } from '../users/RoleChoice'
import { PasswordForm } from './PasswordForm'
import { SessionList } from './SessionList'
import { Tokens } from './Tokens'

export function AccountPage() {
  const { t } = useTranslation()
  useTitle(t('nav.account'))
  const user = use(SessionContext)?.user
  const named = useSitesNamed()
  if (!user) return null
  const sites = user.sites ?? null
  return (
    <div className="account-page scrolls">
      <PageTools><h1>{t('nav.account')}</h1></PageTools>
      {user.permissions.includes('alert.ack') && <section className="panel account-channels" id="channels"><Channels /></section>}
      <div className="account-columns">
        <section className="panel account-who">
          <h2>{t('account.who')}</h2>
          <dl className="figures">
            <div><dt>{t('login.username')}</dt><dd><b>{user.username}</b></dd></div>
            <div><dt>{t('users.role')}</dt><dd>{word('role', user.role)}</dd></div>
            <div><dt>{t('users.sites')}</dt><dd>{sites === null ? t('wall.allSites') : named(sites, sites.length) || t('users.nowhere')}</dd></div>
          </dl>
          <details className="role-may" open={!onPhone()}>
            <summary>{t('account.may')}</summary>
            <Permitted permissions={user.permissions} />
          </details>
        </section>
        <section className="panel">
          <h2>{t('account.password')}</h2>
          <PasswordForm username={user.username} />
        </section>
        <section className="panel">
          <h2>{t('account.sessions')}</h2>
          <p className="secondary">{t('account.sessionsText')}</p>
          <SessionList user={null} />
        </section>
        <section className="panel">
          <Tokens own={user.permissions} />
        </section>
      </div>
    </div>
  )
}
