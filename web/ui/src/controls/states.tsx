// The states a list can be in besides having something to show: loading, empty, error, stale.
import type { TFunction } from 'i18next'
import { CloudOff, Inbox, RotateCw, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Problem, Unreachable } from '../api/client'
import { clock } from '../time/format'

export function Empty(props: { title: string; text?: string; icon?: ReactNode; action?: ReactNode; fill?: boolean }) {
  return (
    <div className={props.fill ? 'state fill' : 'state'}>
      {props.icon ?? <Inbox size={26} strokeWidth={1.5} />}
      <strong>{props.title}</strong>
      {props.text && <p>{props.text}</p>}
      {props.action}
    </div>
  )
}

export function Failed(props: { error: unknown; what: string; onRetry: () => void; action?: ReactNode; fill?: boolean }) {
  const { t } = useTranslation()
  const lost = props.error instanceof Unreachable
  return (
    <div className={props.fill ? 'state fill' : 'state'} role="alert">
      {lost ? <CloudOff size={26} strokeWidth={1.5} /> : <TriangleAlert size={26} strokeWidth={1.5} />}
      <strong>{props.what}</strong>
      <p>{explain(props.error, t)}</p>
      <span className="state-actions">
        <button className="button" onClick={props.onRetry}>
          <RotateCw size={15} />
          {t('action.retry')}
        </button>
        {props.action}
      </span>
    </div>
  )
}

export function explain(error: unknown, t: TFunction): string {
  if (error instanceof Unreachable) return t('error.unreachable')
  if (error instanceof Problem) {
    if (error.kind === 'room-closed') return t('roomEnded.server')
    if (error.status === 403) return t('error.forbidden')
    if (error.status === 404) return t('error.notFound')
    if (error.status === 429) return t('error.throttled')
    if (error.status >= 500) return t('error.server', { status: error.status })
    return error.detail || t('error.server', { status: error.status })
  }
  return t('error.unknown')
}

/** What is shown is older than it should be: since when, and the way to try at once. */
export function StaleNote(props: { since: number; onRetry: () => void }) {
  const { t } = useTranslation()
  return (
    <div className="stale-note" role="status">
      <CloudOff size={15} />
      {t('state.stale', { time: clock(props.since) })}
      <button className="button" onClick={props.onRetry}>
        {t('action.retry')}
      </button>
    </div>
  )
}

export function Skeletons(props: { count: number; height: number; className?: string }) {
  const { t } = useTranslation()
  return (
    <div className={props.className} role="status" aria-label={t('state.loading')}>
      {Array.from({ length: props.count }, (_, index) => (
        <div key={index} className="skeleton" style={{ height: props.height }} />
      ))}
    </div>
  )
}
