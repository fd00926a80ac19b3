// @vitest-environment jsdom
// The facts of an alert: its rule by kind and zone, durations as people read them, nothing twice.
import { QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import '../i18n'
import { queryClient } from '../api/queries'
import type { Alert } from '../api/types'
import { AlertFacts } from './AlertFacts'

const alert = {
  id: 'a', site: 's', camera: 'c', node: null, rule: 'stay-7', kind: 'loitering', zone: 'z1', severity: 'warning', state: 'ended',
  opened_at: '2026-11-22T14:04:12Z', ended_at: '2026-11-22T14:08:17Z', persons: 1, boxes: [], snapshot: null, clip: null, steps: [],
  detail: { since: '2026-11-22T14:03:12Z', zone_name: 'Bàn lấy mẫu', most: 1, dwell_s: 305 },
} as unknown as Alert

function facts(one: Alert): string[] {
  vi.stubGlobal('fetch', vi.fn(() => Promise.resolve(new Response(JSON.stringify({ items: [], next: null, zones: [] })))))
  render(<QueryClientProvider client={queryClient}><AlertFacts alert={one} /></QueryClientProvider>)
  return screen.getAllByRole('definition').map((value) => `${value.previousSibling?.textContent}: ${value.textContent}`)
}

afterEach(() => {
  cleanup()
  queryClient.clear()
  vi.unstubAllGlobals()
})

describe('AlertFacts', () => {
  it('names the rule by kind and zone, and says how long it lasted', () => {
    const said = facts(alert)
    expect(said).toContain('Quy tắc: Nán lại quá lâu · «Bàn lấy mẫu»')
    expect(said.find((one) => one.startsWith('Bắt đầu'))).toMatch(/21:03:12$/)
    expect(said.find((one) => one.startsWith('Kết thúc'))).toMatch(/21:08:17 \(5 phút 5 giây\)$/)
    expect(said.join()).not.toMatch(/stay-7|305|z1|dwell|most/)
  })
  it('counts the crossings of a line, not persons', () => {
    const said = facts({ ...alert, kind: 'line_crossing', persons: 4, detail: { a_to_b: 3, b_to_a: 1 } } as Alert)
    expect(said).toContain('Số lượt qua: 4')
    expect(said.join()).not.toContain('Số người')
  })
  it('writes offsets of a clock with their unit, large ones in minutes', () => {
    const clock = { ...alert, site: null, camera: null, node: 'local', rule: 'clock', kind: 'clock', zone: null, persons: null }
    expect(facts({ ...clock, detail: { offset_s: -0.43, stepped_s: 305 } } as Alert)).toEqual(expect.arrayContaining(['Lệch: -0,4 giây', 'Nhảy: 5 phút 5 giây']))
  })
})
