// @vitest-environment jsdom
// Users: who is there, adding one whose password is shown once, disabling with a way back, refusals in words.
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import '../i18n'
import { queryClient } from '../api/queries'
import { list, problem, sent, serve, session, show, user } from '../testing/accounts'
import { UsersPage } from './UsersPage'

const signedIn = session(['user.manage'])
const USERS = [user(1, 'admin', { role: 'admin' }), user(2, 'khanh', { sites: ['vt1', 'nb', 'lm', 'xa'], sessions: 2, tokens: 1 }), user(3, 'an', { enabled: false })]

function open(answers: Parameters<typeof serve>[0] = {}) {
  const calls = serve({ 'GET /api/users': list(USERS), ...answers })
  show(<UsersPage />, signedIn)
  return calls
}
const row = async (name: string) => within((await screen.findByText(name)).closest('tr') as HTMLElement)
/** Menus of this library open by key, too. */
const choose = async (name: string, item: string) => {
  const more = (await row(name)).getByRole('button', { name: `Việc khác với ${name}` })
  more.focus()
  fireEvent.keyDown(more, { key: 'Enter' })
  fireEvent.click(await screen.findByRole('menuitem', { name: item }))
}

afterEach(() => {
  cleanup()
  queryClient.clear()
  vi.unstubAllGlobals()
})

describe('UsersPage', () => {
  it('says of each the role, the sites by name, the sessions; who is disabled comes last', async () => {
    open()
    await screen.findByText('Vị Thanh 1, Ngã Bảy +2')
    expect((await row('khanh')).getByText('2 phiên · 1 mã API')).toBeTruthy()
    expect([...document.querySelectorAll('tr[data-user]')].map((one) => one.getAttribute('data-user'))).toEqual(['admin', 'khanh', 'an'])
    expect((await row('an')).getByText('Đã khóa')).toBeTruthy()
  })
  it('offers nothing against one\'s own account', async () => {
    open()
    const own = await row('admin')
    expect(own.queryByRole('button')).toBeNull()
    expect(own.getByRole('link').getAttribute('href')).toBe('/account')
  })
  it('adds a site lead of chosen sites, and shows the password until it is copied or left knowingly', async () => {
    const calls = open({ 'POST /api/users': { ...user(4, 'lead'), password: 'dBk2-xq' } })
    fireEvent.click(await screen.findByRole('button', { name: /Thêm người dùng/ }))
    const dialog = within(await screen.findByRole('dialog'))
    fireEvent.change(await dialog.findByLabelText('Tên đăng nhập'), { target: { value: ' Lead ' } })
    fireEvent.click(dialog.getByRole('radio', { name: /Trưởng khu/ }))
    expect(dialog.queryByRole('button', { name: 'Tất cả khu' })).toBeNull()
    fireEvent.click(dialog.getByRole('button', { name: 'Thêm người dùng' }))
    expect((await dialog.findByRole('alert')).textContent).toBe('Chọn ít nhất một khu.')
    fireEvent.click(await dialog.findByRole('checkbox', { name: 'Ngã Bảy' }))
    fireEvent.click(dialog.getByRole('button', { name: 'Thêm người dùng' }))
    expect((await screen.findByText('dBk2-xq')).closest('[role=dialog]')?.textContent).toContain('Mật khẩu của lead')
    expect(sent(calls)).toEqual([{ method: 'POST', path: '/api/users', body: { username: 'lead', role: 'site_lead', sites: ['nb'] } }])
    fireEvent.keyDown(screen.getByText('dBk2-xq'), { key: 'Escape' })
    expect(await screen.findByText(/Bạn chưa sao chép/)).toBeTruthy()
    fireEvent.click(screen.getByRole('button', { name: 'Đóng, không sao chép' }))
    await waitFor(() => expect(screen.queryByText('dBk2-xq')).toBeNull())
  })
  it('copies the password', async () => {
    const written = vi.fn(() => Promise.resolve())
    vi.stubGlobal('navigator', Object.assign(Object.create(navigator), { clipboard: { writeText: written } }))
    open({ 'PATCH /api/users/2': { ...USERS[1], password: 'new-one' } })
    await choose('khanh', 'Đặt lại mật khẩu…')
    fireEvent.click(await screen.findByRole('button', { name: 'Tạo mật khẩu mới' }))
    fireEvent.click(await screen.findByRole('button', { name: 'Sao chép' }))
    await screen.findByText('Đã sao chép')
    expect(written).toHaveBeenCalledWith('new-one')
    expect(document.activeElement?.textContent).toContain('Đã sao chép')
    fireEvent.click(screen.getByRole('button', { name: 'Xong' }))
    await waitFor(() => expect(screen.queryByText('new-one')).toBeNull())
    // Through menu, question and password: back to where it began.
    await waitFor(() => expect(document.activeElement?.getAttribute('aria-label')).toBe('Việc khác với khanh'))
  })
  it('disables at once, with a way back', async () => {
    const calls = open({ 'PATCH /api/users/2': USERS[1] })
    await choose('khanh', 'Khóa tài khoản')
    fireEvent.click(await screen.findByRole('button', { name: 'Hoàn tác' }))
    await screen.findByText('khanh đăng nhập lại được rồi.')
    expect(sent(calls).map((call) => call.body)).toEqual([{ enabled: false }, { enabled: true }])
  })
  it.each([
    ['taken', 'Tên đăng nhập này đã có người dùng. Hãy chọn tên khác.'],
    ['last-administrator', 'Đây là quản trị cuối cùng còn đăng nhập được. Hãy cấp quyền quản trị cho người khác trước.'],
    ['own-account', 'Bạn không thể tự khóa tài khoản hay tự đổi vai trò của mình. Hãy nhờ quản trị khác.'],
  ])('says %s in words, and keeps what was entered', async (kind, words) => {
    open({ 'PATCH /api/users/2': problem(409, kind) })
    fireEvent.click((await row('khanh')).getByRole('button', { name: 'Sửa quyền của khanh' }))
    fireEvent.click(await screen.findByRole('radio', { name: /Quản trị/ }))
    fireEvent.click(screen.getByRole('button', { name: 'Lưu' }))
    expect((await screen.findByRole('alert')).textContent).toBe(words)
    expect((screen.getByRole('radio', { name: /Quản trị/ }) as HTMLInputElement).checked).toBe(true)
  })
  it('gives an administrator all sites, and keeps the chosen ones of others', async () => {
    const calls = open({ 'PATCH /api/users/2': USERS[1] })
    fireEvent.click((await row('khanh')).getByRole('button', { name: 'Sửa quyền của khanh' }))
    await screen.findByRole('checkbox', { name: 'xa (không còn trong cấu hình)' })
    fireEvent.click(screen.getByRole('radio', { name: /Quản trị/ }))
    fireEvent.click(screen.getByRole('button', { name: 'Lưu' }))
    await screen.findByText('Đã sửa quyền của khanh.')
    expect(sent(calls)[0]?.body).toEqual({ role: 'admin', sites: null })
  })
  it('ends the sessions of somebody', async () => {
    const one = (id: string) => ({ id, created_at: '2026-11-23T01:00:00Z', last_seen_at: null, expires_at: '2026-11-24T01:00:00Z', address: '10.0.0.1', agent: 'curl/8.5', current: false })
    const calls = open({ 'GET /api/sessions': list([one('a'), one('b')]) })
    await choose('khanh', 'Phiên đăng nhập…')
    fireEvent.click(await screen.findByRole('button', { name: 'Đăng xuất cả 2 phiên' }))
    await screen.findByText('Đã kết thúc 2 phiên.')
    expect(calls.find((call) => call.path === '/api/sessions')?.query.get('user')).toBe('2')
    expect(sent(calls).map((call) => call.path).sort()).toEqual(['/api/sessions/a', '/api/sessions/b'])
  })
  it('says that the list could not be loaded', async () => {
    open({ 'GET /api/users': problem(422, 'invalid') })
    expect((await screen.findByRole('alert')).textContent).toContain('Chưa tải được danh sách người dùng')
  })
})
