// Sessions that are open: from where, since when, and the way to end one.
import { LogOut, MonitorSmartphone } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { endSessions, useSessions, type OpenSession } from '../api/accounts'
import { Empty, Failed, Skeletons, StaleNote } from '../controls/states'
import { tell } from '../controls/toasts'
import { moment, span } from '../time/format'
import { serverClock } from '../time/serverClock'
import { deviceOf, refusal } from '../users/said'

/** `user` null: one's own. */
export function SessionList({ user }: { user: number | null }) {
  const { t } = useTranslation()
  const sessions = useSessions(user)
  const [ending, setEnding] = useState<readonly string[]>([])
  const end = async (ids: readonly string[]) => {
    setEnding(ids)
    try {
      const failed = await endSessions(ids)
      if (failed > 0) tell(t('sessions.someFailed', { count: failed }), 'breach')
      else tell(t('sessions.ended', { count: ids.length }))
    } catch (cause) {
      tell(refusal(cause, t), 'breach')
    } finally {
      setEnding([])
    }
  }
  if (!sessions.data) {
    return sessions.isError ? <Failed error={sessions.error} what={t('sessions.failed')} onRetry={() => void sessions.refetch()} /> : <Skeletons className="rows-loading" count={2} height={52} />
  }
  const list = [...sessions.data].sort((a, b) => Number(b.current) - Number(a.current) || seenAt(b) - seenAt(a))
  const others = list.filter((one) => !one.current).map((one) => one.id)
  return (
    <>
      {sessions.isError && <StaleNote since={sessions.dataUpdatedAt} onRetry={() => void sessions.refetch()} />}
      {list.length === 0 ? <Empty icon={<MonitorSmartphone size={24} strokeWidth={1.5} />} title={t('sessions.none')} /> : (
        <ul className="rows">
          {list.map((one) => <Row key={one.id} session={one} busy={ending.includes(one.id)} onEnd={() => void end([one.id])} />)}
        </ul>
      )}
      {others.length > 1 && (
        <button className="button rows-all" disabled={ending.length > 0} onClick={() => void end(others)}>
          <LogOut size={15} /> {t(user === null ? 'sessions.endOthers' : 'sessions.endAll', { count: others.length })}
        </button>
      )}
    </>
  )
}

const seenAt = (session: OpenSession) => Date.parse(session.last_seen_at ?? session.created_at)

function Row({ session, busy, onEnd }: { session: OpenSession; busy: boolean; onEnd: () => void }) {
  const { t } = useTranslation()
  const device = deviceOf(session.agent) || t('sessions.unknownDevice')
  const ago = serverClock.now() - seenAt(session)
  return (
    <li className="row" data-session={session.id} data-current={session.current}>
      <MonitorSmartphone size={18} strokeWidth={1.6} aria-hidden="true" />
      <span className="row-text">
        <b>{device} {session.current && <span className="badge running">{t('sessions.this')}</span>}</b>
        <span className="secondary" title={session.agent ?? ''}>
          {[session.address, t('sessions.since', { time: moment(session.created_at, false) }),
            !session.current && t('sessions.seen', { age: t('time.ago', { age: span(ago) }) })].filter(Boolean).join(' · ')}
        </span>
      </span>
      {!session.current && (
        <button className="button" disabled={busy} aria-label={t('sessions.endOf', { device })} onClick={onEnd}>{t('sessions.end')}</button>
      )}
    </li>
  )
}
