// @vitest-environment jsdom
// The log of access: words for every action, refusals that stand out, filters in the address, the chain.
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { en, vi as vietnamese } from '../i18n/catalogue'
import '../i18n'
import type { AuditEntry } from '../api/audit'
import { queryClient } from '../api/queries'
import { list, problem, serve, session, show } from '../testing/accounts'
import { AuditPage } from './AuditPage'

/** As the service has them: `ACTIONS` of web/audit. */
const ACTIONS = `session.open session.close session.refuse password.change token.create token.revoke user.create user.change camera.view
  recording.play recording.picture hold.put hold.release alert.acknowledge alert.resolve zones.change masks.change rule.try facility.change index.audit
  request.refuse room.open room.close room.view audit.read audit.export audit.lose`.split(/\s+/)
const KINDS = ['session', 'account', 'look', 'change', 'refusal', 'room', 'audit']

const entry = (seq: number, more: Partial<AuditEntry> = {}): AuditEntry => ({
  seq, at: `2026-11-${seq > 5 ? 23 : 22}T03:00:0${seq % 10}Z`, user: 'khanh', role: 'duty', address: '10.0.0.7', action: 'camera.view', site: 'nb', camera: null, object: null,
  outcome: 'done', detail: {}, hash: `hash-${seq}`, ...more,
})
const AT = '2020-01-03T17:01:00Z'
const head = { seq: 9, hash: 'head-hash', at: '2026-11-23T03:00:00Z', roots: [{ day: '2020-01-03', seq: 5, hash: 'r', sent: { drop: AT, mail: null } }, { day: '2020-01-02', seq: 2, hash: 'r', sent: { drop: AT, mail: AT } }], channels: [{ channel: 'drop', error: null }, { channel: 'mail', error: 'host unknown' }] }
const actions = list([{ action: 'camera.view', kind: 'look' }, { action: 'request.refuse', kind: 'refusal' }])
const ENTRIES = [
  entry(9), entry(8, { user: null, role: null, action: 'request.refuse', outcome: 'refused', object: 'GET /api/users', site: null, detail: { status: 401, since: '2026-11-23T02:55:00Z', strange: [1, 2], before: { role: 'duty', enabled: true } } }),
  entry(7, { user: null, role: null, address: 'service', action: 'light.switch' }), entry(2),
]

/** A server that has stalled. */
const NEVER = new Promise(() => {})

function open(answers: Parameters<typeof serve>[0] = {}) {
  const calls = serve({ 'GET /api/audit': list(ENTRIES), 'GET /api/audit/head': head, 'GET /api/audit/actions': actions, ...answers })
  show(<AuditPage />, session(['audit.view']))
  return calls
}
const asked = (calls: ReturnType<typeof serve>) => calls.filter((call) => call.path === '/api/audit').map((call) => Object.fromEntries(call.query))
const item = (seq: number) => document.querySelector(`[data-seq='${seq}']`) as HTMLElement

beforeEach(() => window.history.replaceState(null, '', '/audit'))
afterEach(() => {
  cleanup()
  queryClient.clear()
  vi.unstubAllGlobals()
})

describe('the words', () => {
  it.each([['Vietnamese', vietnamese], ['English', en]])('of every action and kind are there in %s', (_, words) => {
    const known = (name: string) => name.split('.').reduce<unknown>((group, part) => (group as Record<string, unknown> | undefined)?.[part], words.auditAction)
    expect(ACTIONS.filter((action) => typeof known(action) !== 'string')).toEqual([])
    expect(KINDS.filter((kind) => !(kind in words.auditKind))).toEqual([])
  })
})

describe('AuditPage', () => {
  it('says who did what where, a heading for each day', async () => {
    open()
    await screen.findAllByText('Ngã Bảy')
    expect([...document.querySelectorAll('.audit-day')].map((one) => one.textContent)).toEqual(['23/11/2026', '22/11/2026'])
    expect(item(9).textContent).toContain('Cán bộ trực')
    expect(within(item(9)).getByText(/Xem camera trực tiếp/)).toBeTruthy()
    expect(within(item(8)).getByText('Người lạ')).toBeTruthy()
    expect(within(item(8)).getByText('Bị từ chối')).toBeTruthy()
    expect(within(item(7)).getByText('Hệ thống')).toBeTruthy()
    expect(within(item(7)).getByText('light.switch')).toBeTruthy() // a word that is not known yet
  })
  it('opens one to all that it says', async () => {
    open()
    await screen.findByText('Bị từ chối', { selector: '.badge' })
    fireEvent.click(within(item(8)).getByRole('button'))
    const facts = Object.fromEntries([...item(8).querySelectorAll('dl > div')].map((one) => [one.firstChild?.textContent, one.lastChild?.textContent]))
    expect(facts).toMatchObject({ 'Đối tượng': 'GET /api/users', 'Mã trả lời': '401', strange: '1, 2', Trước: 'Vai trò: Cán bộ trực; Được đăng nhập: có', 'Mã băm': 'hash-8' })
    expect(facts['Từ lúc']).toContain('09:55:00')
  })
  it('goes from entry to entry by key', async () => {
    open()
    await screen.findByText('Bị từ chối', { selector: '.badge' })
    const first = within(item(9)).getByRole('button')
    first.focus()
    fireEvent.keyDown(first, { key: 'ArrowDown' })
    expect(document.activeElement).toBe(within(item(8)).getByRole('button'))
    fireEvent.keyDown(document.activeElement as Element, { key: 'ArrowUp' })
    fireEvent.keyDown(first, { key: 'ArrowUp' })
    expect(document.activeElement).toBe(first)
  })
  it('filters by the address, and asks once for what is typed', async () => {
    const calls = open()
    await screen.findAllByText('Ngã Bảy')
    fireEvent.click(screen.getAllByRole('button', { name: 'Bị từ chối' })[0] as HTMLElement)
    await waitFor(() => expect(asked(calls).at(-1)).toEqual({ outcome: 'refused', limit: '100' }))
    const typed = screen.getByLabelText('Mọi người dùng')
    for (const value of ['k', 'kh', 'kha']) fireEvent.change(typed, { target: { value } })
    fireEvent.keyDown(typed, { key: 'Enter' })
    await waitFor(() => expect(asked(calls).at(-1)).toEqual({ outcome: 'refused', user: 'kha', limit: '100' }))
    expect(asked(calls)).toHaveLength(3)
    expect(window.location.search).toBe('?outcome=refused&user=kha')
    fireEvent.click(screen.getByRole('button', { name: /Xóa lọc|Bỏ lọc/ }))
    await waitFor(() => expect(window.location.search).toBe(''))
  })
  it('exports what the filter finds', async () => {
    window.history.replaceState(null, '', '/audit?outcome=refused&start=2026-11-23T00:00')
    const saved: (string | null)[] = []
    const clicked = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function click(this: HTMLAnchorElement) {
      saved.push(this.getAttribute('href'))
    })
    open()
    fireEvent.keyDown(await screen.findByRole('button', { name: 'Xuất tệp' }), { key: 'Enter' })
    fireEvent.click(await screen.findByRole('menuitem', { name: /JSONL/ }))
    clicked.mockRestore()
    expect(saved).toEqual(['/api/audit/export.jsonl?outcome=refused&start=2026-11-22T17%3A00%3A00.000Z'])
  })
  it('goes on behind the first page', async () => {
    const calls = open({ 'GET /api/audit': ({ query }: { query: URLSearchParams }) => (query.get('cursor') ? list([entry(1)]) : { items: ENTRIES, next: 'c' }) })
    fireEvent.click(await screen.findByRole('button', { name: 'Xem mục cũ hơn' }))
    await waitFor(() => expect(item(1)).not.toBeNull())
    expect(asked(calls).at(-1)).toEqual({ limit: '100', cursor: 'c' })
  })
  it('says in a sentence what could not be sent', async () => {
    open()
    expect((await screen.findByText(/Chưa gửi được mã cuối ngày 03\/01\/2020 qua thư điện tử/)).closest('[role=alert]')?.textContent).toContain('(host unknown)')
    expect(screen.getByText('head-hash')).toBeTruthy()
  })
  it('says that nothing leaves the server', async () => {
    open({ 'GET /api/audit/head': { ...head, roots: [], channels: [] } })
    await screen.findByText(/Mã cuối ngày chưa được gửi ra khỏi máy chủ này/)
    expect(screen.getByText(/người giữ máy chủ vẫn có thể dựng lại/)).toBeTruthy()
    expect(screen.getByText('Chưa có: chưa cấu hình nơi nhận.')).toBeTruthy()
    expect(screen.queryByText(/không ai sửa lén được/)).toBeNull()
  })
  it('promises no more than what has left the server', async () => {
    open({ 'GET /api/audit/head': { ...head, roots: [] } })
    await screen.findByText(/tính đến mã gần nhất đã gửi, không ai sửa lén được nhật ký/)
    expect(screen.getByText('Mã đầu tiên được gửi sau nửa đêm.')).toBeTruthy()
  })
  it('stands without the chain, and without entries', async () => {
    open({ 'GET /api/audit': list([]), 'GET /api/audit/head': problem(422, 'invalid') })
    await screen.findByText('Nhật ký chưa có mục nào')
    await screen.findByText('Chưa tải được tình trạng chuỗi')
  })
  it('says in words what was looked at, and no numbers that nobody knows', async () => {
    open({
      'GET /api/audit': list([
        entry(9, { object: 'wall' }), entry(8, { action: 'room.view', object: 'recording.play' }), entry(7, { action: 'facility.change', object: 'revision 3', user: null, role: null, address: 'command line' }),
        entry(6, { action: 'room.open', object: '0'.repeat(32), detail: { reason: 'giường 3 gọi' } }), entry(5, { action: 'user.change', object: 'wall' }),
      ]),
    })
    await screen.findAllByText('Ngã Bảy')
    const said = Object.fromEntries([9, 8, 7, 6, 5].map((seq) => [seq, item(seq).querySelector('.audit-what')?.textContent]))
    expect(said).toEqual({ 9: 'Xem camera trực tiếp tường hình', 8: 'Xem hình phòng cách ly bản ghi', 7: 'Sửa cấu hình phiên bản 3', 6: 'Mở hình phòng cách ly giường 3 gọi', 5: 'Sửa người dùng wall' })
    expect(item(7).textContent).not.toContain('command line')
  })
  it('never says that nothing is found while it reads', async () => {
    open({ 'GET /api/audit': ({ query }: { query: URLSearchParams }) => (query.has('user') ? NEVER : list([])) })
    await screen.findByText('Nhật ký chưa có mục nào')
    fireEvent.change(screen.getByLabelText('Mọi người dùng'), { target: { value: 'admin' } })
    fireEvent.keyDown(screen.getByLabelText('Mọi người dùng'), { key: 'Enter' })
    await screen.findByRole('status', { name: 'Đang tải' })
    expect(screen.queryByText(/Không có mục nào|chưa có mục nào/)).toBeNull()
  })
  it('says that what is shown is of the filter before', async () => {
    open({ 'GET /api/audit': ({ query }: { query: URLSearchParams }) => (query.has('outcome') ? NEVER : list(ENTRIES)) })
    await screen.findAllByText('Ngã Bảy')
    fireEvent.click(screen.getAllByRole('button', { name: 'Bị từ chối' })[0] as HTMLElement)
    await screen.findByText('Đang đọc theo bộ lọc mới…')
    expect(document.querySelector('.audit-list')?.getAttribute('data-stale')).toBe('true')
  })
  it('leads out of a filter that finds nothing', async () => {
    window.history.replaceState(null, '', '/audit?user=nobody')
    open({ 'GET /api/audit': ({ query }: { query: URLSearchParams }) => list(query.has('user') ? [] : ENTRIES) })
    const place = (await screen.findByText('Không có mục nào khớp bộ lọc')).parentElement as HTMLElement
    fireEvent.click(within(place).getByRole('button', { name: 'Bỏ lọc' }))
    await screen.findAllByText('Ngã Bảy')
    expect(window.location.search).toBe('')
  })
  it('says that the log could not be loaded', async () => {
    open({ 'GET /api/audit': problem(422, 'invalid') })
    await screen.findByText('Chưa tải được nhật ký')
  })
})
