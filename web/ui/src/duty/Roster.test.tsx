// @vitest-environment jsdom
// The roster: drawn, added to, changed, removed with a way back, by pointer and by keys; for who may, and who may only look.
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import '../i18n'
import { queryClient } from '../api/queries'
import { list, problem, sent, serve, session, show, type Call } from '../testing/accounts'
import { nowAt, PEOPLE, shift } from '../testing/duty'
import { serverClock } from '../time/serverClock'
import { DutyPage } from './DutyPage'

const NOW = Date.parse('2026-11-24T03:00:00Z') // 10:00, a Tuesday
const SHIFTS = [
  shift('a', 'lan', '2026-11-24T00:00:00Z', '2026-11-24T12:00:00Z', { note: 'cổng B' }), shift('b', 'minh', '2026-11-24T12:00:00Z', '2026-11-25T00:00:00Z'),
  shift('c', 'thuy', '2026-11-24T00:00:00Z', '2026-11-24T15:00:00Z', { site: null, duty: 'province' }), shift('d', 'cu', '2026-11-25T00:00:00Z', '2026-11-25T12:00:00Z', { able: false }),
]
const on = (user: string, more = {}) => ({ user, rostered: true, until: '2026-11-24T12:00:00Z', channels: 2, tested: '2026-11-23T02:00:00Z', ...more })
const manager = session(['duty.view', 'duty.manage'])

function open(answers: Parameters<typeof serve>[0] = {}, signedIn = manager): Call[] {
  const calls = serve({
    'GET /api/duty/shifts': list(SHIFTS), 'GET /api/duty/people': list(PEOPLE), 'GET /api/duty/gaps': list([{ site: 'nb', duty: 'officer', start: '2026-11-26T00:00:00Z', end: '2026-11-26T12:00:00Z', stand_ins: [] }]),
    'GET /api/duty/now': list([nowAt('vt1', { officer: [on('lan')], site_lead: [] }), nowAt('nb', { officer: [on('minh', { channels: 0, tested: null })], site_lead: [on('tuan', { rostered: false, until: null })] })]),
    ...answers,
  })
  show(<DutyPage part={undefined} />, signedIn)
  return calls
}
const bar = (name: RegExp) => screen.findByRole('button', { name })
const form = async () => within(await screen.findByRole('dialog'))
const key = (name: string, more = {}) => fireEvent.keyDown(document.activeElement ?? document.body, { key: name, bubbles: true, ...more })

beforeEach(() => {
  vi.spyOn(serverClock, 'now').mockReturnValue(NOW)
  vi.stubGlobal('matchMedia', () => ({ matches: false }))
  Element.prototype.scrollIntoView = () => undefined
  window.history.replaceState(null, '', '/duty')
})
afterEach(() => {
  cleanup()
  queryClient.clear()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

describe('the roster', () => {
  it('draws who is on duty when, says who is not called any more, and where there is a gap', async () => {
    const calls = open()
    expect(parseFloat((await bar(/^lan · Cán bộ trực · T3 24\/11 07:00–19:00 · cổng B$/)).style.left)).toBeCloseTo((100 * (1 + 7 / 24)) / 7)
    expect((await bar(/^cu .*không còn được gọi/)).dataset.unable).toBe('true')
    expect(await bar(/^Chỗ trống T5 26\/11 07:00–19:00: thêm ca trực$/)).toBeTruthy()
    const asked = calls.find(({ path }) => path === '/api/duty/shifts')
    expect([asked?.query.get('start'), asked?.query.get('end')]).toEqual(['2026-11-22T17:00:00.000Z', '2026-11-29T17:00:00.000Z'])
  })
  it('says of who is on duty now whether a call would arrive', async () => {
    open()
    const now = within((await screen.findByRole('heading', { name: 'Đang trực' })).closest('section') as HTMLElement)
    expect(await now.findByText('Không có ai trực: báo ngay bậc kế tiếp')).toBeTruthy()
    expect(now.getByText('Không liên lạc được')).toBeTruthy()
    expect(now.getByText('Chỗ trống: gọi người thay')).toBeTruthy()
  })
  it('adds a shift, with a way back', async () => {
    const calls = open({ 'POST /api/duty/shifts': shift('new', 'lan', '2026-11-24T00:00:00Z', '2026-11-24T12:00:00Z') })
    await bar(/^lan/)
    key('n')
    const dialog = await form()
    fireEvent.click(dialog.getByRole('button', { name: 'Thêm ca trực' }))
    expect((await dialog.findByRole('alert')).textContent).toBe('Chọn khu cách ly.')
    fireEvent.change(dialog.getByLabelText('Khu cách ly'), { target: { value: 'vt1' } })
    await dialog.findByRole('option', { name: 'lan · Cán bộ trực' })
    fireEvent.change(dialog.getByLabelText('Người trực'), { target: { value: 'lan' } })
    fireEvent.click(dialog.getByRole('button', { name: 'Ca đêm 19–07' }))
    fireEvent.click(dialog.getByRole('button', { name: 'Thêm ca trực' }))
    fireEvent.click(await screen.findByRole('button', { name: 'Hoàn tác' }))
    await waitFor(() => expect(sent(calls)).toHaveLength(2))
    expect(sent(calls)).toEqual([
      { method: 'POST', path: '/api/duty/shifts', body: { site: 'vt1', duty: 'officer', user: 'lan', start: '2026-11-24T12:00:00.000Z', end: '2026-11-25T00:00:00.000Z', note: null } },
      { method: 'DELETE', path: '/api/duty/shifts/new', body: null },
    ])
  })
  it('says with what an overlap is, and keeps what was entered', async () => {
    const overlap = new Response(JSON.stringify({ type: 'about:blank#overlap', status: 409, start: '2026-11-24T00:00:00Z', end: '2026-11-24T12:00:00Z' }), { status: 409 })
    open({ 'PATCH /api/duty/shifts/a': overlap })
    fireEvent.click(await bar(/^lan/))
    const dialog = await form()
    fireEvent.change(dialog.getByLabelText('Giờ kết thúc'), { target: { value: '20h' } })
    fireEvent.click(dialog.getByRole('button', { name: 'Lưu' }))
    expect((await dialog.findByRole('alert')).textContent).toBe('Người này đã có ca cùng nhiệm vụ ở đây: T3 24/11 07:00–19:00.')
    expect((dialog.getByLabelText('Giờ kết thúc') as HTMLInputElement).value).toBe('20h')
  })
  it('adds several days together, or says why none was added', async () => {
    const answers = [{ added: 0, unchanged: 0, rows: 3, problems: [{ row: 3, column: 'start', code: 'overlap', message: 'x' }] }, { added: 3, unchanged: 0, rows: 3, problems: [] }]
    const calls = open({ 'POST /api/duty/shifts/import': () => answers.shift() })
    fireEvent.click(await bar(/^Chỗ trống T5/))
    const dialog = await form()
    await dialog.findByRole('option', { name: 'lan · Cán bộ trực' })
    fireEvent.change(dialog.getByLabelText('Người trực'), { target: { value: 'lan' } })
    fireEvent.change(dialog.getByRole('spinbutton'), { target: { value: '3' } })
    expect(dialog.getByText('ca cuối T7 28/11 07:00–19:00')).toBeTruthy()
    fireEvent.click(dialog.getByRole('button', { name: 'Thêm ca trực' }))
    expect((await dialog.findByRole('alert')).textContent).toBe('Chưa thêm ca nào trong 3 ca. T6 27/11 07:00–19:00: Người này đã có ca cùng nhiệm vụ ở đây trong thời gian đó.')
    fireEvent.click(dialog.getByRole('button', { name: 'Thêm ca trực' }))
    expect(await screen.findByText('Đã thêm 3 ca trực')).toBeTruthy()
    expect(calls.filter(({ path }) => path.endsWith('/import')).map((call) => call.query.get('dry_run'))).toEqual([null, null])
  })
  it('is dragged over: half an hour is the step, and the form has what was meant', async () => {
    open()
    const lane = (await screen.findByRole('group', { name: 'Cán bộ trực, Ngã Bảy' })).querySelector('.week-lane') as HTMLElement
    lane.getBoundingClientRect = () => ({ left: 0, width: 700 }) as DOMRect
    lane.setPointerCapture = () => undefined
    // jsdom has no pointer events of its own: what is read of them is put on a mouse event.
    const pointer = (type: string, clientX: number) => fireEvent(lane, Object.assign(new MouseEvent(type, { bubbles: true, clientX, button: 0 }), { pointerType: 'mouse', pointerId: 1 }))
    pointer('pointerdown', 429)
    pointer('pointermove', 431)
    expect(lane.querySelector('.week-drag')).toBeNull()
    pointer('pointermove', 479)
    expect(lane.querySelector('.week-drag')?.textContent).toBe('07:00–19:00')
    pointer('pointerup', 479)
    const dialog = await form()
    expect([dialog.getByLabelText('Ngày bắt đầu'), dialog.getByLabelText('Giờ bắt đầu'), dialog.getByLabelText('Giờ kết thúc'), dialog.getByLabelText('Khu cách ly')].map((one) => (one as HTMLInputElement).value))
      .toEqual(['2026-11-27', '07:00', '19:00', 'nb'])
  })
})

describe('keys', () => {
  it('go from shift to shift and to another week; Delete removes with a way back', async () => {
    const calls = open({ 'POST /api/duty/shifts': SHIFTS[1] })
    await bar(/^lan/)
    key('ArrowDown')
    expect(document.activeElement?.getAttribute('data-shift')).toBe('c')
    key('ArrowDown')
    key('ArrowRight')
    expect(document.activeElement?.getAttribute('data-shift')).toBe('b')
    key('Delete')
    expect(document.activeElement?.getAttribute('data-shift')).toBe('d')
    fireEvent.click(await screen.findByRole('button', { name: 'Hoàn tác' }))
    await waitFor(() => expect(sent(calls)).toEqual([
      { method: 'DELETE', path: '/api/duty/shifts/b', body: null },
      { method: 'POST', path: '/api/duty/shifts', body: { site: 'vt1', duty: 'officer', user: 'minh', start: '2026-11-24T12:00:00Z', end: '2026-11-25T00:00:00Z', note: null } },
    ]))
    key('ArrowRight', { shiftKey: true })
    await waitFor(() => expect(window.location.search).toBe('?from=2026-11-30'))
    key('t')
    await waitFor(() => expect(window.location.search).toBe(''))
  })
})

describe('who may only look', () => {
  it('has no buttons that change anything, and sees what there is to know', async () => {
    open({}, session(['duty.view'], { role: 'duty' }))
    fireEvent.click(await bar(/^lan/))
    const dialog = await form()
    expect(dialog.getByText('cổng B')).toBeTruthy()
    expect(dialog.queryByRole('textbox')).toBeNull()
    fireEvent.click(dialog.getByRole('button', { name: 'Đóng' }))
    for (const name of [/Thêm ca/, /Chép/, /Gửi thử/]) expect(screen.queryByRole('button', { name })).toBeNull()
    key('n')
    expect(screen.queryByRole('dialog')).toBeNull()
  })
  it('as a site lead has no say over shifts of all sites', async () => {
    open({}, session(['duty.view', 'duty.manage'], { role: 'site_lead', sites: ['vt1'] }))
    fireEvent.click(await bar(/^thuy/))
    expect((await form()).queryByRole('button', { name: 'Lưu' })).toBeNull()
  })
  it('as somebody else is told whose it is', () => {
    const calls = open({}, session(['camera.view'], { role: 'viewer' }))
    expect(screen.getByText(/Chỉ .* được/)).toBeTruthy()
    expect(calls.filter(({ path }) => path.startsWith('/api/duty'))).toEqual([])
  })
})

it('says what failed, and asks again', async () => {
  let away = true
  open({ 'GET /api/duty/shifts': () => (away ? problem(403, 'forbidden') : list(SHIFTS)) })
  await screen.findByText('Chưa tải được lịch trực')
  away = false
  fireEvent.click(screen.getByRole('button', { name: 'Thử lại' }))
  expect(await bar(/^lan/)).toBeTruthy()
})
it('says what is to be done where there is nothing yet', async () => {
  open({ 'GET /api/duty/shifts': list([]), 'GET /api/duty/now': list([]), 'GET /api/duty/gaps': list([]) })
  expect(await screen.findByText(/Kéo chuột trên lịch để thêm ca/)).toBeTruthy()
  expect(screen.getByText('Chưa có khu nào')).toBeTruthy()
  expect(screen.getByText('Lịch trực 7 ngày tới không có chỗ trống')).toBeTruthy()
})
it('leads from a gap of another week to its place', async () => {
  open({ 'GET /api/duty/gaps': list([{ site: 'nb', duty: 'officer', start: '2026-11-30T12:00:00Z', end: '2026-12-01T00:00:00Z', stand_ins: [] }]) })
  fireEvent.click(await bar(/Cán bộ trực · Ngã Bảy/))
  await waitFor(() => expect(window.location.search).toBe('?from=2026-11-30'))
  expect(document.querySelector('[data-row="nb officer"]')?.getAttribute('data-marked')).toBe('true')
})
it('shows what each channel answered to a test', async () => {
  const calls = open({ 'POST /api/duty/people/lan/test': { items: [{ channel: 'webpush · điện thoại', state: 'sent', answer: '201 Created', took_ms: 212 }, { channel: 'sms', state: 'failed', answer: 'no route', took_ms: null }] } })
  fireEvent.click(await bar(/^Gửi thử tới lan$/))
  const dialog = await form()
  expect(sent(calls)).toEqual([])
  fireEvent.click(dialog.getByRole('button', { name: 'Gửi thử' }))
  expect(await dialog.findByText('1/2 kênh đã nhận tin.')).toBeTruthy()
  expect(dialog.getByText('no route').closest('li')?.textContent).toContain('không gửi được')
})
