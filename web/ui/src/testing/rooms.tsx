// A patient room, its openings and who looks at it, for tests: a scripted service that keeps openings as the real one does.
import { QueryClientProvider } from '@tanstack/react-query'
import { render } from '@testing-library/react'
import type { ReactNode } from 'react'
import { vi } from 'vitest'
import '../i18n'
import { queryClient } from '../api/queries'
import type { Session } from '../api/types'
import { Toasts } from '../controls/toasts'
import { forgetAll, type Opening } from '../rooms/openings'
import { RoomLife } from '../rooms/RoomLife'
import { SessionContext } from '../shell/shellState'

export const ROOM = {
  id: 'room', site: 's', name: 'Phòng 3', placement: 'patient_room', state: 'recording', reason: null, since: null, streams: ['main', 'sub'], person_count: 2, zones: [], rules: [],
  clock_offset_s: null, sampled_fps: null, inferred_fps: null, fps: null, bitrate: null, model: null, codec: null, width: null, height: null, open_alerts: 0, last_frame_at: null,
}
const SITE = { id: 's', name: 'Khu cách ly Vị Thanh', cameras: {} }

let made = 0
export const openingOf = (part: Partial<Opening> = {}): Opening => ({
  id: `o${++made}`, site: 's', camera: 'room', user: 'lan', role: 'duty', reason: 'Người cách ly gọi', opened_at: new Date().toISOString(),
  until: new Date(Date.now() + 300_000).toISOString(), closed_at: null, closed_by: null, in_force: true, left_s: 300, mine: true, ...part,
})

export const session = (...permissions: string[]) => ({
  user: { id: 1, username: 'lan', role: 'duty', permissions: ['camera.view', ...permissions] }, facility: { name: 'Hậu Giang', timezone: 'Asia/Ho_Chi_Minh' }, expires_at: '', version: '',
}) as Session

export interface Service {
  openings: Opening[]
  calls: string[]
  bodies: unknown[]
  /** What is answered instead, by "METHOD path". */
  instead: Map<string, Response>
}

/** Also what would be asked for by images. */
export function service(...openings: Opening[]): Service {
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: () => undefined, removeEventListener: () => undefined }))
  vi.stubGlobal('ResizeObserver', class { observe() {} disconnect() {} })
  const state: Service = { openings, calls: [], bodies: [], instead: new Map() }
  const answer = (body: unknown, status = 200) => new Response(status === 204 ? null : JSON.stringify(body), { status })
  vi.stubGlobal('fetch', vi.fn((path: string, init: RequestInit = {}) => {
    const method = init.method ?? 'GET'
    state.calls.push(`${method} ${path}`)
    const given = state.instead.get(`${method} ${path}`)
    if (given) return Promise.resolve(given.clone())
    if (method === 'POST' && path === '/api/cameras/room/openings') {
      const body = JSON.parse(String(init.body)) as { reason: string; minutes: number }
      state.bodies.push(body)
      state.openings = state.openings.filter((one) => !one.mine)
      const one = openingOf({ reason: body.reason, left_s: body.minutes * 60, until: new Date(Date.now() + body.minutes * 60_000).toISOString() })
      state.openings.push(one)
      return Promise.resolve(answer(one, 201))
    }
    if (method === 'DELETE') {
      state.openings = state.openings.filter((one) => !path.endsWith(`/${one.id}`))
      return Promise.resolve(answer(null, 204))
    }
    if (path.startsWith('/api/openings')) return Promise.resolve(answer({ items: state.openings, next: null }))
    if (path.includes('removed=true')) return Promise.resolve(answer({ items: [], next: null }))
    if (path.startsWith('/api/cameras?')) return Promise.resolve(answer({ items: [ROOM], next: null }))
    if (path.startsWith('/api/sites')) return Promise.resolve(answer({ items: [SITE], next: null }))
    if (path.includes('/timeline')) return Promise.resolve(answer({ start: '2026-11-22T08:00:00Z', end: '2026-11-22T14:00:00Z', segments: [], gaps: [], counts: [], alerts: [] }))
    if (path === '/api/cameras/room') return Promise.resolve(answer(ROOM))
    return Promise.resolve(answer({ items: [], next: null }))
  }))
  return state
}

/** With what stands beside every page. */
export function show(page: ReactNode, who = session('room.open')) {
  const whole = (inside: ReactNode) => <QueryClientProvider client={queryClient}><SessionContext value={who}>{inside}<RoomLife /><Toasts /></SessionContext></QueryClientProvider>
  const shown = render(whole(page))
  return { ...shown, rerender: (next: ReactNode) => shown.rerender(whole(next)) }
}

export function tidy(): void {
  forgetAll()
  queryClient.clear()
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
}
