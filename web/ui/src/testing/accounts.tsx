// A scripted service with accounts, and a page signed in to it. For tests; no part of the page.
import { QueryClientProvider } from '@tanstack/react-query'
import { configure, render } from '@testing-library/react'
import type { ReactNode } from 'react'
import { vi } from 'vitest'
import { HintProvider } from '../controls/Hint'
import { Toasts } from '../controls/toasts'
import { queryClient } from '../api/queries'
import type { Role, User } from '../api/accounts'
import type { Session } from '../api/types'
import { SessionContext, TOOLS_ID } from '../shell/shellState'

// A machine with much to do takes its time to fetch a page.
configure({ asyncUtilTimeout: 10_000 })

export interface Call {
  method: string
  path: string
  query: URLSearchParams
  body: unknown
}

/** A body, a whole response, one that is yet to come, or what makes any of them from the question. */
type Answer = unknown

export const problem = (status: number, kind: string, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify({ type: `about:blank#${kind}`, status, detail: 'said by the service' }), { status, headers })

export const list = (items: unknown[]) => ({ items, next: null })

const site = (id: string, name: string) => ({
  id, name, location: null, capacity: null, persons: null, open_alerts: 0, cameras: { total: 1, recording: 1, online: 0, offline: 0, disabled: 0 },
})
export const SITES = [site('vt1', 'Khu cách ly Vị Thanh 1'), site('nb', 'Khu cách ly Ngã Bảy'), site('lm', 'Khu cách ly Long Mỹ')]

const role = (name: string, permissions: string[], more: Partial<Role> = {}): Role => ({ role: name, permissions, of_sites: false, of_all: false, ...more })
export const ROLES = [
  role('admin', ['session.own', 'camera.view', 'audit.view', 'user.manage'], { of_all: true }), role('viewer', ['session.own', 'camera.view']),
  role('site_lead', ['session.own', 'camera.view', 'audit.view'], { of_sites: true }),
]

const USUAL: Record<string, Answer> = {
  '/api/sites': list(SITES), '/api/roles': list(ROLES), '/api/channels': { items: [], gateways: [], webpush: { public_key: '' } },
}

export const user = (id: number, username: string, more: Partial<User> = {}): User => ({
  id, username, role: 'viewer', sites: null, enabled: true, created_at: '2026-11-01T00:00:00Z', last_seen_at: null, sessions: 0, tokens: 0, ...more,
})

export const session = (permissions: string[], more: Partial<Session['user']> = {}): Session => ({
  user: { id: 1, username: 'admin', role: 'admin', permissions, sites: null, ...more }, facility: { name: 'F', timezone: 'Asia/Ho_Chi_Minh' }, expires_at: '', version: '1',
})

/** What is asked, by `METHOD path`; what is not named is an empty list. */
export function serve(answers: Record<string, Answer>): Call[] {
  const calls: Call[] = []
  vi.stubGlobal('fetch', vi.fn((url: string, init: RequestInit) => {
    const { pathname, searchParams } = new URL(url, 'http://x')
    const call: Call = { method: init.method ?? 'GET', path: pathname, query: searchParams, body: typeof init.body === 'string' ? JSON.parse(init.body) : null }
    calls.push(call)
    let answer: Answer = answers[`${call.method} ${pathname}`] ?? (call.method === 'GET' ? (USUAL[pathname] ?? list([])) : undefined)
    if (typeof answer === 'function') answer = (answer as (call: Call) => unknown)(call)
    if (answer instanceof Promise) return answer as Promise<Response>
    if (answer instanceof Response) return Promise.resolve(answer.clone())
    return Promise.resolve(answer === undefined ? new Response(null, { status: 204 }) : new Response(JSON.stringify(answer)))
  }))
  return calls
}

export const sent = (calls: readonly Call[]) => calls.filter((call) => call.method !== 'GET').map(({ method, path, body }) => ({ method, path, body }))

export function show(page: ReactNode, signedIn: Session) {
  return render(
    <QueryClientProvider client={queryClient}>
      <HintProvider>
        <SessionContext value={signedIn}>
          <div id={TOOLS_ID} />
          {page}
          <Toasts />
        </SessionContext>
      </HintProvider>
    </QueryClientProvider>,
  )
}
