// @vitest-environment jsdom
// A rule tried on the last hour: asked once, watched, cancelled, and said in plain words.
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import '../../i18n'
import type { Analysis, Rule, Zone } from '../../api/types'
import { SessionContext } from '../../shell/shellState'
import { RuleForm } from './RuleForm'
import { opened, type Saved } from './state'
import { TryOut } from './TryOut'
import type { TryoutBody } from './tryouts'
import type { Editor } from './useEditor'
import { faultsOf } from './validation'

const zones: Zone[] = [
  { id: 'z', kind: 'restricted', polygon: [[0, 0], [1, 0], [1, 1]] }, { id: 'other', kind: 'area', polygon: [[0, 0], [1, 0], [1, 1]] },
]
const rule: Rule = { id: 'r', kind: 'zone_breach', zone: 'z' }
const answer: TryoutBody = {
  id: 't1', state: 'done', progress: 1, start: '2026-11-22T13:00:00Z', end: '2026-11-22T14:00:00Z', looked_s: 2880, missing_s: 720, looked_until: '2026-11-22T14:00:00Z', model: 'm', error: null,
  fired: [
    { start: '2026-11-22T13:05:12Z', end: '2026-11-22T13:05:40Z', persons: 1, most: 3 },
    { start: '2026-11-22T13:59:58Z', end: null, persons: 1, most: null },
  ],
}
const session = {
  user: { id: 1, username: 'khanh', role: 'admin', permissions: ['recording.view'] }, facility: { name: 'F', timezone: 'Asia/Ho_Chi_Minh' }, expires_at: '', version: '',
}

interface Call {
  method: string
  path: string
  body: unknown
}

let rules = 0
/** What the service answers: to the question, then to each look in turn, the last one again and again. */
function show(looks: (Partial<TryoutBody> | number)[], asked: Response = new Response('{"id":"t1"}', { status: 202 }), permissions = ['recording.view'], kind = rule.kind) {
  const calls: Call[] = []
  const own = { ...rule, kind, id: `r${++rules}` } // a try-out outlives what shows it
  vi.stubGlobal('fetch', vi.fn((path: string, init: RequestInit) => {
    const method = init.method ?? 'GET'
    calls.push({ method, path, body: typeof init.body === 'string' ? JSON.parse(init.body) : null })
    if (method === 'POST') return Promise.resolve(asked.clone())
    if (method === 'DELETE') return Promise.resolve(new Response(null, { status: 204 }))
    const look = (looks.length > 1 ? looks.shift() : looks[0]) ?? {}
    if (typeof look === 'number') return Promise.resolve(new Response('{}', { status: look }))
    return Promise.resolve(new Response(JSON.stringify({ ...answer, ...look })))
  }))
  const view = (shown: Rule) => (
    <SessionContext value={{ ...session, user: { ...session.user, permissions } }}><TryOut camera="gate-1" rule={shown} zones={zones} wrong={false} /></SessionContext>
  )
  let rendered = render(view(own))
  return {
    calls, own, change: (shown: Rule) => rendered.rerender(view(shown)), leave: () => rendered.unmount(),
    back: () => {
      rendered = render(view(own))
    },
  }
}
const start = () => fireEvent.click(screen.getByRole('button', { name: /Thử trên 1 giờ/ }))
const deleted = (calls: Call[]) => calls.filter((call) => call.method === 'DELETE').map((call) => call.path)

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

describe('TryOut', () => {
  it('says how often the rule would have fired, each time as a link to just before it', async () => {
    const { calls, own } = show([{ state: 'queued' }, { state: 'running', progress: 0.4 }, {}])
    start()
    expect(calls[0]).toEqual({ method: 'POST', path: '/api/cameras/gate-1/tryouts', body: { rule: own, zones: [zones[0]], hours: 1 } })
    await screen.findByText('Đang chờ đến lượt…')
    await screen.findByText('40%', {}, { timeout: 5000 })
    await screen.findByText('Nếu đã bật, quy tắc này đã báo động 2 lần', {}, { timeout: 5000 })
    expect(screen.getByText('Đã xem 48 phút ghi hình, từ 20:00 đến 21:00.')).toBeTruthy()
    expect(screen.getByText('12 phút không có hình')).toBeTruthy()
    expect(screen.getAllByRole('link').map((link) => link.getAttribute('href'))).toEqual([
      '/recordings?cameras=gate-1&at=2026-11-22T13:05:02Z&play=1', '/recordings?cameras=gate-1&at=2026-11-22T13:59:48Z&play=1',
    ])
    expect(screen.getByText('28 giây · 3 người')).toBeTruthy()
    expect(screen.getByText('đến hết đoạn · 1 người')).toBeTruthy()
    expect(deleted(calls)).toEqual([])
  })
  it('of a line counts crossings, not persons, also while another kind is tried on', async () => {
    const { own, change } = show([{}], undefined, [], 'line_crossing')
    start()
    await screen.findByText('28 giây · 3 lượt')
    expect(screen.getByText('đến hết đoạn · 1 lượt')).toBeTruthy()
    change({ ...own, kind: 'zone_breach' })
    expect(screen.getByText('28 giây · 3 lượt')).toBeTruthy()
  })
  it('says plainly that it would never have fired, or that there was nothing to look at', async () => {
    show([{ fired: [], missing_s: 0 }])
    start()
    await screen.findByText('Nếu đã bật, quy tắc này không báo động lần nào')
    expect(screen.queryByText(/không có hình/)).toBeNull()
    cleanup()
    show([{ fired: [], looked_s: 0, missing_s: 3600 }])
    start()
    await screen.findByText('Không có bản ghi nào trong khoảng này để thử')
  })
  it('says what it has found so far, and keeps it when it is cancelled', async () => {
    const part = { state: 'running', progress: 0.35, looked_s: 1260, looked_until: '2026-11-22T13:21:00Z' } as const
    const { calls } = show([{ ...part, fired: [] }, part])
    start()
    await screen.findByText('Đến lúc này: chưa lần nào')
    await screen.findByText('Đến lúc này: 2 lần', {}, { timeout: 5000 })
    expect(screen.getByText('35%')).toBeTruthy()
    expect(screen.getByText('chưa thấy kết thúc · 1 người')).toBeTruthy()
    expect(screen.queryByText(/không có hình/)).toBeNull()
    fireEvent.click(screen.getByRole('button', { name: 'Hủy lần thử' }))
    expect(deleted(calls)).toEqual(['/api/cameras/gate-1/tryouts/t1'])
    expect(screen.getByText('Nếu đã bật, tính đến 20:21 quy tắc này đã báo động 2 lần')).toBeTruthy()
    expect(screen.getByText('Đã hủy giữa chừng, chưa xem hết.')).toBeTruthy()
    expect(screen.getByText('Đã xem 21 phút ghi hình, từ 20:00 đến 20:21.')).toBeTruthy()
  })
  it('gives nothing when nothing had been looked at', async () => {
    const { calls } = show([{ state: 'running', progress: 0, looked_s: 0, looked_until: null, fired: [] }])
    start()
    fireEvent.click(await screen.findByRole('button', { name: 'Hủy lần thử' }))
    expect(deleted(calls)).toEqual(['/api/cameras/gate-1/tryouts/t1'])
    expect(screen.getByText(/mấy lần, trước khi lưu/)).toBeTruthy()
  })
  it('goes on while another rule is open, and its result is there on return', async () => {
    const { calls, leave, back } = show([{ state: 'running', progress: 0.1 }, {}])
    start()
    await screen.findByText('10%')
    leave()
    const other = show([{}]) // the next rule: nothing of the first one's
    expect(screen.getByText(/mấy lần, trước khi lưu/)).toBeTruthy()
    other.leave()
    back()
    await screen.findByText('Nếu đã bật, quy tắc này đã báo động 2 lần', {}, { timeout: 5000 })
    expect(deleted(calls)).toEqual([])
  })
  it('says up to when it looked where it was cut short', async () => {
    const part = { looked_s: 1260, looked_until: '2026-11-22T13:21:00Z' }
    show([{ ...part, state: 'failed', error: 'too_long' }])
    start()
    await screen.findByText('Nếu đã bật, tính đến 20:21 quy tắc này đã báo động 2 lần')
    expect(screen.getByText('Đã quá nửa giờ nên dừng, chưa xem hết.')).toBeTruthy()
    cleanup()
    show([{ ...part, state: 'running', fired: [] }, 404]) // the service was started again
    start()
    await screen.findByText('Nếu đã bật, tính đến 20:21 quy tắc này không báo động lần nào', {}, { timeout: 5000 })
    expect(screen.getByText('Bị ngắt giữa chừng, chưa xem hết.')).toBeTruthy()
  })
  it('looks at a shorter time', async () => {
    const { calls } = show([{}])
    fireEvent.click(screen.getByRole('button', { name: '15 phút' }))
    fireEvent.click(screen.getByRole('button', { name: 'Thử trên 15 phút ghi hình gần nhất' }))
    expect((calls[0]?.body as { hours: number }).hours).toBe(0.25)
    await screen.findByText(/quy tắc này đã báo động 2 lần/)
  })
  it('says that the result is of the rule before it was changed', async () => {
    const { own, change } = show([{}])
    start()
    await screen.findByText(/đã báo động|Đến lúc này: \d+ lần/)
    change({ ...own, dwell_s: 1 }) // what it means anyway
    expect(screen.queryByText('Kết quả của quy tắc trước khi sửa.')).toBeNull()
    change({ ...own, dwell_s: 4 })
    expect(screen.getByText('Kết quả của quy tắc trước khi sửa.')).toBeTruthy()
  })
  it('says when the service is busy, away, has forgotten it, or failed', async () => {
    const busy = new Response('{"type":"about:blank#busy","detail":"other rules"}', { status: 503, headers: { 'Retry-After': '7' } })
    show([{}], busy)
    start()
    await screen.findByText('Đang có lần thử khác. Thử lại được sau 7 giây.')
    expect(screen.getByRole('button', { name: /Thử trên 1 giờ/ }).hasAttribute('disabled')).toBe(true)
    cleanup()
    show([{}], new Response('{"type":"about:blank#renderer-away"}', { status: 503 }))
    start()
    await screen.findByText(/Bộ xem lại bản ghi chưa trả lời/)
    cleanup()
    show([404])
    start()
    await screen.findByText('Kết quả không còn được giữ. Hãy thử lại.')
    cleanup()
    show([{ state: 'failed', error: 'no_footage', looked_s: 0, looked_until: null, fired: [] }])
    start()
    await screen.findByText('Lần thử không thành. Không có bản ghi nào trong khoảng này.')
  })
  it('waits out a service that is away for a moment', async () => {
    show([503, 502, {}])
    start()
    await screen.findByText(/quy tắc này đã báo động 2 lần/, {}, { timeout: 6000 })
  })
  it('shows the moments without links to who may not watch recordings', async () => {
    show([{}], undefined, [])
    start()
    await waitFor(() => expect(screen.getByText('20:05:12')).toBeTruthy())
    expect(screen.queryAllByRole('link')).toEqual([])
  })
})

describe('the form of a rule', () => {
  const bow: Zone = { id: 'bow', kind: 'restricted', polygon: [[0, 0], [1, 1], [1, 0], [0, 1]] }
  const inBow: Rule = { id: 'in-bow', kind: 'zone_breach', zone: 'bow' }
  const always: Rule = { id: 'always', kind: 'tamper', schedule: '10:00-10:00' }
  const stored: Saved = { revision: 3, zones: [bow], rules: [always] }
  it.each([
    ['an old rule', stored, always, true],
    ['an old rule that was changed', { ...stored, rules: [{ ...always, rearm_s: 7 }] }, { ...always, rearm_s: 7 }, false],
    ['a new rule in an old zone', { ...stored, rules: [always, inBow] }, inBow, true],
    ['one in an old zone that was redrawn no better', { zones: [{ ...bow, polygon: [[0, 0], [1, 1], [1, 0], [0.2, 1]] }], rules: [inBow] } as Analysis, inBow, false],
  ])('lets what may be saved be tried out: %s', (_name, draft, shown, may) => {
    const editor = { camera: { id: 'gate-1', placement: 'gate' }, state: opened(stored, draft), faults: faultsOf(draft, stored) } as unknown as Editor
    render(<SessionContext value={session}><RuleForm rule={shown} editor={editor} /></SessionContext>)
    expect(screen.getByRole('button', { name: /Thử trên 1 giờ/ }).hasAttribute('disabled')).toBe(!may)
  })
})
