// One account of the list, and what may be done with it.
import { Ban, KeyRound, MonitorSmartphone, MoreHorizontal, Pencil, RotateCcw, UserCog } from 'lucide-react'
import { use } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { changeUser, type User } from '../api/accounts'
import { Menu, MenuItem, MenuLine } from '../controls/Menu'
import { tell } from '../controls/toasts'
import { word } from '../i18n'
import { useSitesNamed } from '../rights/sites'
import { SessionContext } from '../shell/shellState'
import { useNow } from '../shell/ticking'
import { moment, span } from '../time/format'
import { refusal } from './said'

export type UserAction = 'change' | 'password' | 'sessions'

export function UserRow({ user, onAct }: { user: User; onAct: (action: UserAction) => void }) {
  const { t } = useTranslation()
  const named = useSitesNamed()
  const own = use(SessionContext)?.user.id === user.id
  const enable = async (enabled: boolean) => {
    try {
      await changeUser(user.id, { enabled })
      const undo = { label: t('action.undo'), run: () => void enable(!enabled) }
      tell(t(enabled ? 'users.enabled' : 'users.disabled', { name: user.username }), 'done', enabled ? null : undo)
    } catch (cause) {
      tell(refusal(cause, t), 'breach')
    }
  }
  return (
    <tr data-user={user.username} data-enabled={user.enabled}>
      <th scope="row">
        <span className="person-name">{user.username}</span>
        {own && <span className="badge running">{t('users.you')}</span>}
        {!user.enabled && <span className="badge"><Ban size={11} /> {t('users.off')}</span>}
      </th>
      <td data-cell="role">{word('role', user.role)}</td>
      <td data-cell="sites" title={user.sites ? named(user.sites, user.sites.length) : undefined}>
        {user.sites === null ? t('wall.allSites') : user.sites.length === 0 ? <span className="attention">{t('users.nowhere')}</span> : named(user.sites)}
      </td>
      <td data-cell="seen" className="secondary"><Seen at={user.last_seen_at} /></td>
      <td data-cell="inUse" className="secondary">
        {user.sessions + user.tokens === 0 ? <span className="desk-only">–</span> : [user.sessions > 0 && t('users.sessions', { count: user.sessions }), user.tokens > 0 && t('users.tokens', { count: user.tokens })].filter(Boolean).join(' · ')}
      </td>
      <td className="person-actions">
        {own ? <Link className="button" href="/account" aria-label={t('nav.account')}><UserCog size={15} /> <span className="desk-only">{t('nav.account')}</span></Link> : (
          <>
            {user.enabled ? <button className="button" aria-label={t('users.changeOf', { name: user.username })} onClick={() => onAct('change')}><Pencil size={14} /> <span className="desk-only">{t('users.change')}</span></button>
              : <button className="button" onClick={() => void enable(true)}><RotateCcw size={14} /> {t('users.enable')}</button>}
            <Menu align="end" trigger={<button className="button icon" aria-label={t('users.more', { name: user.username })}><MoreHorizontal size={16} /></button>}>
              {!user.enabled && <MenuItem icon={<Pencil size={15} />} onSelect={() => onAct('change')}>{t('users.changeLong')}</MenuItem>}
              <MenuItem icon={<KeyRound size={15} />} onSelect={() => onAct('password')}>{t('users.newPassword')}</MenuItem>
              <MenuItem icon={<MonitorSmartphone size={15} />} disabled={user.sessions === 0} onSelect={() => onAct('sessions')}>{t('users.itsSessions')}</MenuItem>
              {user.enabled && <MenuLine />}
              {user.enabled && <MenuItem icon={<Ban size={15} />} onSelect={() => void enable(false)}>{t('users.disable')}</MenuItem>}
            </Menu>
          </>
        )}
      </td>
    </tr>
  )
}

/** How long ago, while it can be said in hours; after that when. */
function Seen({ at }: { at: string | null }) {
  const { t } = useTranslation()
  const now = useNow(20_000)
  if (at === null) return t('users.neverSeen')
  const age = now - Date.parse(at)
  return <time dateTime={at} title={moment(at)}>{age < 60_000 ? t('users.justNow') : age < 86_400_000 ? t('time.ago', { age: span(age) }) : moment(at, false)}</time>
}
