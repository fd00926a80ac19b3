// @vitest-environment jsdom
// Over the live picture: red is who stands where a breach goes on, by the alerts as they come; badge and figures count the same.
import { QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, render, screen, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import '../i18n'
import { applyAlert } from '../api/liveUpdates'
import { queryClient } from '../api/queries'
import type { Alert, CameraDetail } from '../api/types'
import { initialStatus } from '../live/player'
import type { Step, Track } from '../live/personBoxes'
import { penOf } from '../testing/pen'
import { LiveView, type Seen } from './LiveView'

/** What the player tells with each painted frame. */
const player = vi.hoisted(() => ({ paint: (_tracks: unknown, _trail: unknown): void => undefined }))
vi.mock('./useLive', () => ({
  useLive: (_camera: string, _profile: string, overlay: (tracks: Track[] | null, trail: (id: number) => Step[]) => void) => {
    player.paint = overlay as typeof player.paint
    return { video: { current: null }, canvas: { current: null }, player: { current: null }, status }
  },
}))
const status = { ...initialStatus, phase: 'playing' as const }

const camera = {
  id: 'c', site: 's', name: 'Cổng 1', placement: 'gate', state: 'recording', reason: null, person_count: 0, streams: ['main'], rules: [],
  zones: [{ id: 'no', kind: 'restricted', name: 'Kho', polygon: [[0, 0], [1, 0], [1, 1], [0, 1]] }, { id: 'hall', kind: 'area', name: 'Sảnh', polygon: [[0, 0], [0.5, 0], [0.5, 1], [0, 1]] }],
} as unknown as CameraDetail
const alert = (part: object = {}) => ({
  id: 'a', site: 's', camera: 'c', kind: 'zone_breach', zone: 'hall', severity: 'critical', state: 'open', opened_at: '2026-11-22T14:00:00Z', ended_at: null, steps: [], ...part,
}) as unknown as Alert
const tracks: Track[] = [{ id: 1, x: 0.1, y: 0.2, w: 0.1, h: 0.5, confidence: 0.9 }, { id: 2, x: 0.7, y: 0.2, w: 0.1, h: 0.5, confidence: 0.8 }]

let pen = penOf()
let seen: (Seen | null)[] = []
const boxes = () => pen.said().map(({ text }) => text).filter((text) => text.includes('%')).slice(-2)

async function show(alerts: Alert[]) {
  vi.stubGlobal('fetch', vi.fn(() => Promise.resolve(new Response(JSON.stringify({ items: alerts, next: null })))))
  const shown = render(
    <QueryClientProvider client={queryClient}>
      <LiveView camera={camera} profile="main" showZones showPersons onSeen={(now) => void seen.push(now)} />
    </QueryClientProvider>)
  await waitFor(() => expect(queryClient.isFetching()).toBe(0))
  act(() => player.paint(tracks, () => []))
  return shown
}

beforeEach(() => {
  pen = penOf()
  seen = []
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockImplementation(() => pen.context as never)
  vi.stubGlobal('ResizeObserver', class { observe() {} disconnect() {} })
})
afterEach(() => {
  cleanup()
  queryClient.clear()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

describe('the boxes over the picture', () => {
  it('are not red in a restricted zone of which nothing is alarmed', async () => {
    await show([alert({ kind: 'loitering', zone: 'no' }), alert({ id: 'b', zone: 'no', state: 'ended', ended_at: '2026-11-22T14:00:09Z' }), alert({ id: 'd', zone: 'no', state: 'resolved' })])
    expect(boxes()).toEqual(['1 · 90%', '2 · 80%'])
  })
  it('are red where a breach goes on, of a watched area too, taken on or not, until it ends', async () => {
    await show([])
    expect(boxes()).toEqual(['1 · 90%', '2 · 80%'])
    act(() => applyAlert(queryClient, alert()))
    await waitFor(() => expect(boxes()).toEqual(['◆ 1 · 90%', '2 · 80%']))
    act(() => applyAlert(queryClient, alert({ state: 'acknowledged' })))
    expect(boxes()).toEqual(['◆ 1 · 90%', '2 · 80%'])
    act(() => applyAlert(queryClient, alert({ state: 'acknowledged', ended_at: '2026-11-22T14:00:09Z', steps: [{}] })))
    await waitFor(() => expect(boxes()).toEqual(['1 · 90%', '2 · 80%']))
  })
})

describe('the count of the picture', () => {
  it('is the same in its badge and for the figures beside it', async () => {
    const { unmount } = await show([])
    expect(screen.getByText('2 người')).toBeTruthy()
    expect(seen.at(-1)).toEqual({ persons: 2, zones: { no: 2, hall: 1 } })
    act(() => player.paint([], () => []))
    expect(seen.at(-1)).toEqual({ persons: 0, zones: { no: 0, hall: 0 } })
    unmount()
    expect(seen.at(-1)).toBeNull()
  })
})
