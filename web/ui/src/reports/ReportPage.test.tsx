// @vitest-environment jsdom
// The report: which span is asked for, what it says, what it says of nothing and of trouble.
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Router } from 'wouter'
import { memoryLocation } from 'wouter/memory-location'
import '../i18n'
import { queryClient } from '../api/queries'
import { problem, serve, session, show, type Call } from '../testing/accounts'
import { serverClock } from '../time/serverClock'
import { ReportPage } from './ReportPage'
import { faultOf, shiftAt, spanOf } from './span'

const tally = { opened: 0, by_severity: {}, by_kind: {}, acknowledged: 0, missed: 0, open: 0, ack_p50_s: null, ack_p95_s: null, ack_max_s: null, quiet: 0 }
const missed = {
  id: 'm1', site: 'vt1', camera: 'c1', rule: 'r', kind: 'zone_breach', zone: null, severity: 'critical', state: 'ended', opened_at: '2026-11-23T14:00:00Z', ended_at: '2026-11-23T14:01:00Z',
  persons: 1, boxes: null, snapshot: null, clip: null, detail: null, steps: [],
}
const report = {
  start: '2026-11-23T07:00:00Z', end: '2026-11-23T15:00:00Z', missed: [missed], technical: { ...tally, opened: 2, missed: 1, by_kind: { storage: 2 } },
  sites: [{ ...tally, site: 'vt1', opened: 12, by_severity: { critical: 9, warning: 3 }, by_kind: { zone_breach: 9, loitering: 3 }, acknowledged: 11, missed: 1, ack_p50_s: 42, ack_p95_s: 95, ack_max_s: 252, quiet: 2 }],
  people: [{ user: 'lan', acknowledged: 11, resolved: 10, called: 12, ack_p50_s: 42 }],
}

let calls: Call[]
function open(answer: unknown = report, path = '/reports') {
  calls = serve({ 'GET /api/reports/shift': answer })
  const { hook, searchHook, navigate } = memoryLocation({ path })
  show(<Router hook={hook} searchHook={searchHook}><ReportPage /></Router>, session(['alert.view']))
  return navigate
}
const asked = () => calls.filter((call) => call.path === '/api/reports/shift').map((call) => Object.fromEntries(call.query))

beforeEach(() => vi.spyOn(serverClock, 'now').mockReturnValue(Date.parse('2026-11-23T10:30:00Z'))) // 17:30 there
afterEach(() => {
  cleanup()
  queryClient.clear()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

describe('the page', () => {
  it('shows the shift that goes on, by site, kind and person, with the way to what was missed', async () => {
    open()
    expect(await screen.findByText(/Một nửa được nhận trong 42 giây, 95% được nhận trong 1 phút 35 giây, chậm nhất 4 phút 12 giây/i)).toBeTruthy()
    expect(asked()[0]).toEqual({ start: '2026-11-23T07:00:00.000Z', end: '2026-11-23T15:00:00.000Z' })
    const [sites, people] = screen.getAllByRole('table')
    expect(within(sites as HTMLElement).getAllByRole('row')[1]?.textContent).toContain('Vị Thanh 1')
    expect(within(people as HTMLElement).getAllByRole('row')[1]?.textContent).toBe('lan12111042 giây')
    expect(screen.getByText('Lưu trữ gặp vấn đề')).toBeTruthy()
    expect(screen.getByText('Bỏ lỡ: 2, trong đó 1 về thiết bị')).toBeTruthy()
    expect(screen.getByRole('link', { name: /Xâm nhập vùng/ }).getAttribute('href')).toBe('/alerts/m1')
    expect(screen.getByRole('link', { name: 'Tải tệp CSV' }).getAttribute('href')).toBe('/api/reports/shift.csv?start=2026-11-23T07%3A00%3A00.000Z&end=2026-11-23T15%3A00%3A00.000Z')
  })
  it('asks for another span and one site', async () => {
    open()
    fireEvent.click(await screen.findByRole('button', { name: 'Hôm qua' }))
    await waitFor(() => expect(asked().at(-1)).toEqual({ start: '2026-11-21T17:00:00.000Z', end: '2026-11-22T17:00:00.000Z' }))
    fireEvent.change(await screen.findByRole('combobox'), { target: { value: 'vt1' } })
    await waitFor(() => expect(asked().at(-1)?.site).toBe('vt1'))
  })
  it('says what a span that is typed lacks, and asks for none', () => {
    open(report, '/reports?span=free&from=2026-11-23T20:00&to=2026-11-23T19:00')
    expect(screen.getByText('Giờ kết thúc phải sau giờ bắt đầu')).toBeTruthy()
    expect(asked()).toEqual([])
  })
  it('says that there was nothing', async () => {
    open({ ...report, sites: [{ ...tally, site: 'vt1' }], missed: [], people: [], technical: tally })
    expect(await screen.findByText('Không có cảnh báo nào trong khoảng này')).toBeTruthy()
  })
  it('says what failed', async () => {
    open(problem(403, 'x'))
    expect((await screen.findByRole('alert')).textContent).toContain('Chưa tải được báo cáo')
  })
})

describe('a span', () => {
  const there = (text: string) => Date.parse(`${text}:00+07:00`)
  const shift = (text: string) => { const { start, end } = shiftAt(there(text)); return [(start - there('2026-11-23T00:00')) / 3_600_000, (end - start) / 3_600_000] }
  it('is the shift that a moment lies in, over midnight, too', () => {
    expect(shift('2026-11-23T06:00')).toEqual([6, 8])
    expect(shift('2026-11-23T13:59')).toEqual([6, 8])
    expect(shift('2026-11-23T14:00')).toEqual([14, 8])
    expect(shift('2026-11-23T22:00')).toEqual([22, 8])
    expect(shift('2026-11-23T05:59')).toEqual([-2, 8])
  })
  it('is the shift before, days of the facility, or free', () => {
    const now = there('2026-11-23T07:00')
    expect(spanOf('before', now)).toEqual({ start: there('2026-11-22T22:00'), end: there('2026-11-23T06:00') })
    expect(spanOf('today', now)).toEqual({ start: there('2026-11-23T00:00'), end: there('2026-11-24T00:00') })
    expect(spanOf('week', now)).toEqual({ start: there('2026-11-17T00:00'), end: there('2026-11-24T00:00') })
    expect(spanOf('free', now)).toBeNull()
  })
  it('has an end after its beginning, and at most 31 days', () => {
    const day = 86_400_000
    expect([faultOf(null, 1), faultOf(1, 1), faultOf(0, 31 * day + 1), faultOf(0, 31 * day)]).toEqual(['none', 'order', 'long', null])
  })
})
