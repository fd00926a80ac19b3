// Which page is shown: signed in or not, and where.
import { useQueryClient } from '@tanstack/react-query'
import { Camera as CameraIcon } from 'lucide-react'
import { lazy, Suspense, useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, Redirect, Route, Switch, useLocation } from 'wouter'
import { AlertsPage } from './alerts/AlertsPage'
import { onSignedOut, Problem } from './api/client'
import { keys, useSession } from './api/queries'
import { CameraPage } from './camera/CameraPage'
import { Boundary } from './controls/Boundary'
import { Empty, Failed } from './controls/states'
import { LoginPage } from './login/LoginPage'
import { RoomsPage } from './rooms/RoomsPage'
import { onPhone } from './shell/phone'
import { Shell } from './shell/Shell'
import { setTimeZone } from './time/format'
import { WallPage } from './wall/WallPage'

/** With its player fetched when it is first opened: the wall does not wait for it. */
const RecordingsPage = lazy(async () => ({ default: (await import('./recordings/RecordingsPage')).RecordingsPage }))

export function App() {
  const { t } = useTranslation()
  const client = useQueryClient()
  const session = useSession()
  const [path] = useLocation()
  useEffect(() => onSignedOut(() => void client.resetQueries({ queryKey: keys.session })), [client])

  if (session.data) {
    setTimeZone(session.data.facility.timezone)
    return (
      <Shell session={session.data}>
        <Boundary key={path.split('/')[1]} what={t('error.page')}>
          <Switch>
            <Route path="/">
              {/* On a phone what needs doing comes first. */}
              <Redirect to={onPhone() ? '/alerts' : '/wall'} replace />
            </Route>
            <Route path="/wall" component={WallPage} />
            <Route path="/cameras/:id/:part?">{({ id, part }) => <CameraPage key={id} id={decodeURIComponent(id)} part={part} />}</Route>
            <Route path="/recordings">
              <Suspense fallback={<div className="splash" role="status" aria-label={t('state.loading')} />}><RecordingsPage /></Suspense>
            </Route>
            <Route path="/rooms" component={RoomsPage} />
            <Route path="/alerts/:id?">{({ id }) => <AlertsPage id={id ? decodeURIComponent(id) : null} />}</Route>
            <Route>
              <Empty fill icon={<CameraIcon size={26} />} title={t('error.noPage')}
                action={<Link className="button" href="/wall">{t('error.home')}</Link>} />
            </Route>
          </Switch>
        </Boundary>
      </Shell>
    )
  }
  if (session.error instanceof Problem && session.error.status === 401) return <LoginPage />
  if (session.error) {
    return <Failed fill error={session.error} what={t('error.start')} onRetry={() => void session.refetch()} />
  }
  return <div className="splash" role="status" aria-label={t('state.loading')} />
}
