// Who is signed in, and what that person may set for themselves.
import { CalendarClock, CircleUser, Keyboard, LogOut, ScrollText, UserCog, Users, VolumeX } from 'lucide-react'
import { use } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { muteOpen } from '../alerts/alertActions'
import { Menu, MenuChoices, MenuItem, MenuLine } from '../controls/Menu'
import { word } from '../i18n'
import { prefer, preferences } from '../preferences/preferences'
import { useStore } from '../preferences/store'
import type { Permission } from '../rights/permissions'
import { useHeld } from '../rights/session'
import { useSitesNamed } from '../rights/sites'
import { onPhone } from './phone'
import { RoomsItem } from '../rooms/RoomsItem'
import { keysOpen, SessionContext } from './shellState'
import { useSignOut } from './signingOut'

export function UserMenu() {
  const { t } = useTranslation()
  const { ask: signOut } = useSignOut()
  const session = use(SessionContext)
  const { language, theme } = useStore(preferences)
  const [path, navigate] = useLocation()
  const held = useHeld()
  const sitesNamed = useSitesNamed()
  const may = (permission: Permission) => session?.user.permissions.includes(permission)
  const here = path === '/account' || path === '/rooms' || (onPhone() && (path === '/users' || path === '/audit' || path.startsWith('/duty')))
  return (
    <Menu
      align="end"
      trigger={
        <button className="rail-link" aria-label={t('user.menu')} aria-current={here ? 'page' : undefined}>
          <CircleUser size={20} strokeWidth={1.8} />
          <span className="rail-word">{t('user.short')}</span>
        </button>
      }
    >
      <div className="menu-user">
        <strong>{session?.user.username}</strong>
        <span className="secondary">{word('role', session?.user.role)} · {held ? sitesNamed(session?.user.sites ?? []) : session?.facility.name}</span>
      </div>
      <MenuLine />
      <MenuItem icon={<UserCog size={15} />} onSelect={() => navigate('/account')}>{t('nav.account')}</MenuItem>
      {onPhone() && may('duty.view') && <MenuItem icon={<CalendarClock size={15} />} onSelect={() => navigate('/duty')}>{t('roster.page')}</MenuItem>}
      {onPhone() && may('user.manage') && <MenuItem icon={<Users size={15} />} onSelect={() => navigate('/users')}>{t('nav.users')}</MenuItem>}
      {onPhone() && may('audit.view') && <MenuItem icon={<ScrollText size={15} />} onSelect={() => navigate('/audit')}>{t('nav.audit')}</MenuItem>}
      <RoomsItem />
      <MenuLine />
      <MenuChoices label={t('user.language')} value={language} onChoose={(value) => prefer({ language: value })}
        choices={[{ value: 'vi', label: 'Tiếng Việt' }, { value: 'en', label: 'English' }]} />
      <MenuLine />
      <MenuChoices label={t('user.theme')} value={theme} onChoose={(value) => prefer({ theme: value })}
        choices={[{ value: 'dark', label: t('theme.dark') }, { value: 'light', label: t('theme.light') }]} />
      <MenuLine />
      <MenuItem icon={<VolumeX size={15} />} trail="M" onSelect={() => muteOpen.set(true)}>{t('mute.title')}</MenuItem>
      {!onPhone() && <MenuItem icon={<Keyboard size={15} />} trail="?" onSelect={() => keysOpen.set(true)}>{t('keys.title')}</MenuItem>}
      <MenuLine />
      <MenuItem icon={<LogOut size={15} />} onSelect={() => void signOut()}>{t('user.signOut')}</MenuItem>
      <p className="menu-label">{t('app.version', { version: session?.version })}</p>
    </Menu>
  )
}
