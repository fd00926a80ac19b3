// What a person does to an alert, and what is told when somebody was first.
import { queryClient } from './queries'
import { get, Problem, request } from './client'
import { applyAlert } from './liveUpdates'
import type { Alert } from './types'

/** Somebody else had done it: the alert as it is now. */
export class AlreadyDone extends Error {
  constructor(readonly alert: Alert, readonly detail: string) {
    super(detail)
  }
}

/** `group`: every other open one of its group as well. */
export async function actOnAlert(id: string, action: 'ack' | 'resolve', note: string, group = false): Promise<Alert> {
  const path = `/api/alerts/${encodeURIComponent(id)}`
  try {
    const alert = await request<Alert>('POST', `${path}/${action}`, { note: note.trim(), ...(group ? { group } : {}) })
    applyAlert(queryClient, alert)
    return alert
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 409) throw error
    const alert = await get<Alert>(path)
    applyAlert(queryClient, alert)
    throw new AlreadyDone(alert, error.detail)
  }
}

export async function signIn(username: string, password: string): Promise<void> {
  await request('POST', '/api/session', { username, password })
}

export async function signOut(): Promise<void> {
  await request('DELETE', '/api/session')
}
