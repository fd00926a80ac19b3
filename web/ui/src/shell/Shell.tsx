// What stands around every page: rail, header, banners, dialogs that can be opened from anywhere.
import { useQueryClient } from '@tanstack/react-query'
import { CalendarClock, Film, LayoutGrid, ScrollText, Siren, Users, Video, type LucideIcon } from 'lucide-react'
import { useEffect, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { AlertActionDialog } from '../alerts/AlertActionDialog'
import { BatchDialog } from '../alerts/BatchDialog'
import { MuteDialog } from '../alerts/MuteDialog'
import { useOpenAlerts } from '../alerts/openAlerts'
import { SnoozeDialog } from '../alerts/quiet/SnoozeDialog'
import { ring } from '../alerts/sound'
import { Sounding } from '../alerts/sounding'
import { arrived } from '../alerts/unseen'
import { LiveUpdates } from '../api/liveUpdates'
import { useCameras } from '../api/queries'
import { quietOf, useQuiets } from '../api/quiets'
import type { Alert, Session } from '../api/types'
import { QuarrelDialog } from '../camera/editor/QuarrelDialog'
import { Hint } from '../controls/Hint'
import { Toasts } from '../controls/toasts'
import { readJson } from '../preferences/preferences'
import { useStore } from '../preferences/store'
import type { Permission } from '../rights/permissions'
import { RoomLife } from '../rooms/RoomLife'
import { serverClock } from '../time/serverClock'
import { Banners } from './Banners'
import { Header } from './Header'
import { KeysDialog } from './KeysDialog'
import { LeaveDialog } from './LeaveDialog'
import { SignOutDialog } from './SignOutDialog'
import { Logo } from './Logo'
import { bare, keysOpen, LAST_CAMERA, pageTitle, SessionContext } from './shellState'
import { useShortcuts } from './shortcuts'
import { UserMenu } from './UserMenu'

export function Shell({ session, children }: { session: Session; children: ReactNode }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [location, navigate] = useLocation()
  const cameras = useCameras()
  const open = useOpenAlerts()
  const title = useStore(pageTitle)
  const isBare = useStore(bare)

  useEffect(() => {
    const sounding = new Sounding()
    const updates = new LiveUpdates(client, (alert: Alert) => {
      const now = serverClock.now()
      arrived(alert.id)
      // That it is quiet is decided only after it is told of: what is in force is known here beforehand.
      if (sounding.hears(alert, now, quietOf(client, alert, now) !== null)) ring(alert.severity === 'critical')
    })
    return () => updates.close()
  }, [client])

  useEffect(() => {
    const count = open.waiting.length
    document.title = `${count > 0 ? `(${count}) ` : ''}${title || t('app.name')} · ${session.facility.name}`
  }, [open.waiting.length, title, t, session.facility.name])

  const may = (permission: Permission) => session.user.permissions.includes(permission)
  useQuiets(false, may('alert.quiet'))
  const mayReplay = may('recording.view')
  useShortcuts({
    '?': () => keysOpen.set(true),
    r: () => mayReplay && !location.startsWith('/alerts') && navigate('/recordings'),
    '/': () => document.querySelector<HTMLInputElement>('#search')?.focus(),
  })

  const lastCamera = readJson<string | null>(LAST_CAMERA, null)
  const known = cameras.data?.some((camera) => camera.id === lastCamera)
  const camera = known ? lastCamera : (cameras.data?.find((one) => one.placement !== 'patient_room')?.id ?? null)
  const links = [
    { to: '/wall', icon: LayoutGrid, label: t('nav.wall'), badge: 0 },
    ...(camera ? [{ to: `/cameras/${camera}`, icon: Video, label: t('nav.camera'), badge: 0 }] : []),
    { to: '/alerts', icon: Siren, label: t('nav.alerts'), badge: open.waiting.length },
    ...(mayReplay ? [{ to: '/recordings', icon: Film, label: t('nav.recordings'), badge: 0 }] : []),
  ]

  return (
    <SessionContext value={session}>
      <div className="shell" data-bare={isBare}>
        <a className="skip" href="#page">{t('nav.skip')}</a>
        <nav className="rail" aria-label={t('nav.label')}>
          <Link to="/wall" className="rail-logo desk-only" aria-label={t('app.name')}>
            <Logo />
          </Link>
          {links.map((link) => <RailLink key={link.to} {...link} />)}
          <span className="rail-space desk-only" />
          {/* A phone has no room for them: there they are in the menu. */}
          {may('duty.view') && <RailLink to="/duty" icon={CalendarClock} label={t('roster.page')} className="desk-only" />}
          {may('user.manage') && <RailLink to="/users" icon={Users} label={t('nav.users')} className="desk-only" />}
          {may('audit.view') && <RailLink to="/audit" icon={ScrollText} label={t('nav.audit')} className="desk-only" />}
          <UserMenu />
        </nav>
        <div className="frame">
          <Header />
          <Banners />
          <main id="page" className="page" tabIndex={-1}>
            {children}
          </main>
        </div>
        <KeysDialog />
        <AlertActionDialog />
        <BatchDialog />
        <SnoozeDialog />
        <MuteDialog />
        <RoomLife />
        <QuarrelDialog />
        <LeaveDialog />
        <SignOutDialog />
        <Toasts />
      </div>
    </SessionContext>
  )
}

function RailLink({ to, icon: Icon, label, badge = 0, className = '' }: { to: string; icon: LucideIcon; label: string; badge?: number; className?: string }) {
  const { t } = useTranslation()
  const [location] = useLocation()
  const active = location.startsWith(`/${to.split('/')[1]}`)
  return (
    <Hint text={label} side="right">
      <Link to={to} className={`rail-link ${className}`} aria-current={active ? 'page' : undefined} aria-label={badge ? t('nav.withOpen', { label, count: badge }) : label}>
        <Icon size={20} strokeWidth={1.8} />
        <span className="rail-word">{label}</span>
        {badge > 0 && <span className="rail-badge">{badge > 99 ? '99+' : badge}</span>}
      </Link>
    </Hint>
  )
}
