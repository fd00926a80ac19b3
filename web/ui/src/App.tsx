// Which page is shown: signed in or not, and where.
import { useQueryClient } from '@tanstack/react-query'
import { Camera as CameraIcon } from 'lucide-react'
import { lazy, Suspense, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, Redirect, Route, Switch, useLocation } from 'wouter'
import { AlertsPage } from './alerts/AlertsPage'
import { onRightsDoubted, onSignedOut, Problem } from './api/client'
import { keys, useSession } from './api/queries'
import type { Session } from './api/types'
import { CameraPage } from './camera/CameraPage'
import { Boundary } from './controls/Boundary'
import { Empty, Failed } from './controls/states'
import { tell } from './controls/toasts'
import { LoginPage } from './login/LoginPage'
import { rightsOf } from './rights/session'
import { RoomsPage } from './rooms/RoomsPage'
import { onPhone } from './shell/phone'
import { Shell } from './shell/Shell'
import { setTimeZone } from './time/format'
import { WallPage } from './wall/WallPage'

/** Fetched when they are first opened: the wall does not wait for them. */
const RecordingsPage = lazy(async () => ({ default: (await import('./recordings/RecordingsPage')).RecordingsPage }))
const AccountPage = lazy(async () => ({ default: (await import('./account/AccountPage')).AccountPage }))
const UsersPage = lazy(async () => ({ default: (await import('./users/UsersPage')).UsersPage }))
const ReportPage = lazy(async () => ({ default: (await import('./reports/ReportPage')).ReportPage }))
const DutyPage = lazy(async () => ({ default: (await import('./duty/DutyPage')).DutyPage }))
const AuditPage = lazy(async () => ({ default: (await import('./audit/AuditPage')).AuditPage }))

export function App() {
  const { t } = useTranslation()
  const client = useQueryClient()
  const session = useSession()
  const [path] = useLocation()
  useEffect(() => onSignedOut(() => void client.resetQueries({ queryKey: keys.session })), [client])
  useEffect(() => onRightsDoubted(() => void client.invalidateQueries({ queryKey: keys.session })), [client])
  useRightsTold(session.data)

  if (session.error instanceof Problem && session.error.status === 401) return <LoginPage />
  if (session.data) {
    setTimeZone(session.data.facility.timezone)
    return (
      // With other rights everything begins anew: nothing stays in sight that is no longer one's own to see.
      <Shell key={rightsOf(session.data)} session={session.data}>
        <Boundary key={path.split('/')[1]} what={t('error.page')}>
          <Suspense fallback={<Opening />}>
            <Switch>
              <Route path="/">
                {/* On a phone what needs doing comes first. */}
                <Redirect to={onPhone() ? '/alerts' : '/wall'} replace />
              </Route>
              <Route path="/wall" component={WallPage} />
              <Route path="/cameras/:id/:part?">{({ id, part }) => <CameraPage key={id} id={decodeURIComponent(id)} part={part} />}</Route>
              <Route path="/recordings" component={RecordingsPage} />
              <Route path="/alerts/:id?">{({ id }) => <AlertsPage id={id ? decodeURIComponent(id) : null} />}</Route>
              <Route path="/reports" component={ReportPage} />
              <Route path="/rooms" component={RoomsPage} />
              <Route path="/account" component={AccountPage} />
              <Route path="/users" component={UsersPage} />
              <Route path="/duty/:part?">{({ part }) => <DutyPage part={part} />}</Route>
              <Route path="/audit" component={AuditPage} />
              <Route>
                <Empty fill icon={<CameraIcon size={26} />} title={t('error.noPage')}
                  action={<Link className="button" href="/wall">{t('error.home')}</Link>} />
              </Route>
            </Switch>
          </Suspense>
        </Boundary>
      </Shell>
    )
  }
  if (session.error) {
    return <Failed fill error={session.error} what={t('error.start')} onRetry={() => void session.refetch()} />
  }
  return <Opening />
}

function Opening() {
  const { t } = useTranslation()
  return <div className="splash" role="status" aria-label={t('state.loading')} />
}

/** Somebody whose page changes under his eyes is told why. */
function useRightsTold(session: Session | undefined): void {
  const { t } = useTranslation()
  const before = useRef<{ user: number; rights: string } | null>(null)
  useEffect(() => {
    if (!session) return
    const now = { user: session.user.id, rights: rightsOf(session) }
    if (before.current?.user === now.user && before.current.rights !== now.rights) tell(t('rights.changed'))
    before.current = now
  }, [session, t])
}
