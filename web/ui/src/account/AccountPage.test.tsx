// @vitest-environment jsdom
// One's own account: sessions, password, API tokens.
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import '../i18n'
import { queryClient } from '../api/queries'
import { list, problem, sent, serve, session, show } from '../testing/accounts'
import { AccountPage } from './AccountPage'

const one = (id: string, current = false) => ({
  id, created_at: '2026-11-23T01:00:00Z', last_seen_at: '2026-11-23T02:00:00Z', expires_at: '2099-01-01T00:00:00Z', address: `10.0.0.${id}`, agent: 'Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537', current,
})
const token = { id: 't1', name: 'Báo cáo', permissions: ['alert.view'], created_at: '2026-11-23T01:00:00Z', expires_at: '2099-01-01T00:00:00Z', last_used_at: null }

function open(answers: Parameters<typeof serve>[0] = {}, sites: string[] | null = null) {
  const calls = serve({ 'GET /api/sessions': list([one('1'), one('2', true), one('3')]), 'GET /api/tokens': list([token]), ...answers })
  show(<AccountPage />, session(['session.own', 'camera.view', 'alert.view', 'user.manage'], { sites }))
  return calls
}

beforeEach(() => vi.stubGlobal('matchMedia', () => ({ matches: false })))
afterEach(() => {
  cleanup()
  queryClient.clear()
  vi.unstubAllGlobals()
})

describe('AccountPage', () => {
  it('says whose it is, and of which sites', async () => {
    open({}, ['nb', 'lm'])
    expect(await screen.findByText('Ngã Bảy, Long Mỹ')).toBeTruthy()
    expect(screen.getByText('Xem camera trực tiếp')).toBeTruthy()
  })
  it('marks this session, which cannot be ended here, and ends one or all others', async () => {
    const calls = open()
    const own = (await screen.findByText('Phiên này')).closest('li') as HTMLElement
    expect(own.dataset.session).toBe('2')
    expect(within(own).queryByRole('button')).toBeNull()
    fireEvent.click(screen.getByRole('button', { name: 'Đăng xuất 2 phiên còn lại' }))
    await screen.findByText('Đã kết thúc 2 phiên.')
    expect(sent(calls).map((call) => `${call.method} ${call.path}`).sort()).toEqual(['DELETE /api/sessions/1', 'DELETE /api/sessions/3'])
  })
  it('says how many sessions could not be ended', async () => {
    open({ 'DELETE /api/sessions/3': problem(503, 'busy') })
    fireEvent.click(await screen.findByRole('button', { name: 'Đăng xuất 2 phiên còn lại' }))
    await screen.findByText('Chưa kết thúc được 1 phiên. Hãy thử lại.')
  })

  const enter = (current: string, next: string, again = next) => {
    for (const [label, value] of [['Mật khẩu hiện tại', current], ['Mật khẩu mới', next], ['Nhập lại mật khẩu mới', again]] as const) {
      fireEvent.change(screen.getByLabelText(label), { target: { value } })
    }
    fireEvent.click(screen.getByRole('button', { name: 'Đổi mật khẩu' }))
  }
  it('changes the password', async () => {
    const calls = open()
    enter('old password', 'a longer password')
    await screen.findByText('Đã đổi mật khẩu; các phiên khác của bạn đã kết thúc.')
    expect(sent(calls)).toEqual([{ method: 'PUT', path: '/api/session/password', body: { current: 'old password', new: 'a longer password' } }])
    expect((screen.getByLabelText('Mật khẩu mới') as HTMLInputElement).value).toBe('')
  })
  it.each([
    ['', 'a longer password', 'a longer password', 'Nhập mật khẩu hiện tại.'],
    ['old password', 'short', 'short', 'Mật khẩu mới cần ít nhất 12 ký tự.'],
    ['the same password', 'the same password', 'the same password', 'Mật khẩu mới trùng mật khẩu hiện tại.'],
    ['old password', 'a longer password', 'another password', 'Hai lần nhập mật khẩu mới không giống nhau.'],
  ])('asks nothing of the service with %s, %s, %s', async (current, next, again, words) => {
    const calls = open()
    enter(current, next, again)
    expect((await screen.findByRole('alert')).textContent).toBe(words)
    expect(sent(calls)).toEqual([])
  })
  it.each([
    [problem(403, 'wrong-password'), 'Mật khẩu hiện tại không đúng.'],
    [problem(429, 'throttled', { 'Retry-After': '40' }), 'Thử quá nhiều lần. Vui lòng thử lại sau 40 giây.'],
    [problem(422, 'invalid'), 'Hệ thống cho là mật khẩu này yếu. Hãy chọn mật khẩu dài hơn, ít nhất 12 ký tự.'],
  ])('says why the password was not changed', async (answer, words) => {
    open({ 'PUT /api/session/password': answer })
    enter('old password', 'a longer password')
    expect((await screen.findByRole('alert')).textContent).toBe(words)
    expect((screen.getByLabelText('Mật khẩu mới') as HTMLInputElement).value).toBe('a longer password')
  })
  it('makes a token of one\'s own rights, but those of persons, and shows it once', async () => {
    const calls = open({ 'POST /api/tokens': { ...token, token: 'vms_abc' } })
    fireEvent.click(await screen.findByRole('button', { name: 'Tạo mã' }))
    const dialog = within(await screen.findByRole('dialog'))
    expect(dialog.getAllByRole('checkbox').map((box) => box.closest('label')?.textContent)).toEqual(['Xem camera trực tiếp', 'Xem cảnh báo'])
    fireEvent.change(dialog.getByLabelText('Tên'), { target: { value: 'Báo cáo' } })
    fireEvent.click(dialog.getByRole('button', { name: 'Tạo mã' }))
    expect((await dialog.findByRole('alert')).textContent).toBe('Chọn ít nhất một việc mã được làm.')
    fireEvent.click(dialog.getByLabelText('Xem cảnh báo'))
    fireEvent.click(dialog.getByRole('button', { name: '90 ngày' }))
    fireEvent.click(dialog.getByRole('button', { name: 'Tạo mã' }))
    await screen.findByText('vms_abc')
    expect(sent(calls)).toEqual([{ method: 'POST', path: '/api/tokens', body: { name: 'Báo cáo', permissions: ['alert.view'], days: 90 } }])
  })
  it('revokes a token only when it is confirmed', async () => {
    const calls = open()
    fireEvent.click(await screen.findByRole('button', { name: 'Thu hồi «Báo cáo»' }))
    fireEvent.click(await screen.findByRole('button', { name: 'Hủy' }))
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
    expect(sent(calls)).toEqual([])
    fireEvent.click(screen.getByRole('button', { name: 'Thu hồi «Báo cáo»' }))
    fireEvent.click(await screen.findByRole('button', { name: 'Thu hồi' }))
    await screen.findByText('Đã thu hồi «Báo cáo».')
    expect(sent(calls)).toEqual([{ method: 'DELETE', path: '/api/tokens/t1', body: null }])
  })
})
