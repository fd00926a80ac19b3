// @vitest-environment jsdom
// The page follows the rights of whoever is signed in: what is offered, what a link to the rest says, changes on the way.
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { QueryClientProvider } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import './i18n'
import { App } from './App'
import { queryClient } from './api/queries'
import { HintProvider } from './controls/Hint'
import { list, problem, serve, session, SITES } from './testing/accounts'

/** A socket that the test closes as the service would. */
class Line {
  static all: Line[] = []
  static readonly OPEN = 1
  readonly readyState = Line.OPEN
  onopen: (() => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  onmessage = null
  constructor(readonly url: URL) {
    Line.all.push(this)
    queueMicrotask(() => act(() => this.onopen?.()))
  }
  close() {}
  send() {}
}

const LOOK = ['session.own', 'system.view', 'camera.view', 'alert.view']
const system = { version: '1', now: '2026-11-23T03:00:00Z', bus: { connected: true, since: null }, cameras: { total: 1, recording: 1, online: 0, offline: 0, disabled: 0 }, storage: [], detection: { model: '', backend: '', precision: '', fallback: false, detail: '' }, config_revision: 1 }
let current: unknown

function start(path: string, who: unknown, answers: Parameters<typeof serve>[0] = {}) {
  current = who
  window.history.replaceState(null, '', path)
  const calls = serve({ 'GET /api/session': () => current, 'GET /api/system': system, ...answers })
  render(<QueryClientProvider client={queryClient}><HintProvider><App /></HintProvider></QueryClientProvider>)
  return calls
}
const hang = (code: number) => act(() => Line.all.at(-1)?.onclose?.({ code }))
const rail = () => [...document.querySelectorAll('.rail a.rail-link')].map((one) => one.getAttribute('aria-label'))
/** Notices of the tests before go by themselves, after a while. */
const told = () => screen.queryAllByText(/Quyền của bạn vừa thay đổi/).length
const sessions = (calls: ReturnType<typeof serve>) => calls.filter((call) => call.path === '/api/session').length

beforeEach(() => {
  vi.stubGlobal('WebSocket', Line)
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: () => undefined, removeEventListener: () => undefined }))
})
afterEach(() => {
  cleanup()
  queryClient.clear()
  Line.all = []
  vi.unstubAllGlobals()
})

describe('what is offered', () => {
  it('to an administrator is everything', async () => {
    start('/account', session([...LOOK, 'recording.view', 'user.manage', 'audit.view']))
    await waitFor(() => expect(rail()).toEqual(['Tường hình', 'Cảnh báo', 'Bản ghi', 'Người dùng', 'Nhật ký truy cập']))
  })
  it('to a viewer is what a viewer may do', async () => {
    start('/account', session(LOOK, { role: 'viewer' }))
    await waitFor(() => expect(rail()).toEqual(['Tường hình', 'Cảnh báo']))
  })
  it.each([
    ['/users', 'Chỉ quản trị được quản lý người dùng'], ['/audit', 'Chỉ quản trị và trưởng khu được xem nhật ký truy cập'],
    ['/recordings?cameras=gate-1', 'Chỉ quản trị, trực giám sát, cán bộ trích xuất, cán bộ trực và trưởng khu được xem lại bản ghi'],
  ])('a link to %s says whose it is, and nothing is asked of the service', async (path, sentence) => {
    const calls = start(path, session(LOOK, { role: 'viewer' }))
    await screen.findByText(sentence)
    expect(calls.filter((call) => /users|audit|holds|timeline/.test(call.path))).toEqual([])
  })
})

describe('somebody who is held to some sites', () => {
  it('is not told of the province', async () => {
    start('/account', session(LOOK, { sites: ['nb'] }), { 'GET /api/sites': list(SITES.slice(1, 2)) })
    await screen.findByLabelText('Tình trạng các khu được giao')
    fireEvent.keyDown(screen.getByRole('button', { name: 'Tài khoản và tùy chọn' }), { key: 'Enter' })
    expect((await screen.findByRole('menu')).textContent).toContain('Quản trị · Ngã Bảy')
  })
})

describe('rights that change', () => {
  it('are read anew and followed without a login; the socket comes back, what was read before does not', async () => {
    const calls = start('/users', session([...LOOK, 'user.manage']), { 'GET /api/users': list([]) })
    await screen.findByText('Chưa có người dùng nào')
    current = session(LOOK, { role: 'viewer' })
    hang(4409)
    await screen.findByText('Chỉ quản trị được quản lý người dùng')
    await waitFor(() => expect(told()).toBe(1))
    expect(queryClient.getQueryData(['users'])).toBeUndefined()
    await waitFor(() => expect(Line.all.length).toBeGreaterThan(1))
    expect(document.querySelector('.login')).toBeNull()
    expect(document.querySelector('.banner')).toBeNull()
    expect(sessions(calls)).toBe(2)
  })
  it('of the configuration alone: the socket comes back, and nobody is told anything', async () => {
    start('/account', session(LOOK))
    await waitFor(() => expect(Line.all).toHaveLength(1))
    const before = told()
    hang(4409)
    await waitFor(() => expect(Line.all).toHaveLength(2))
    expect(told()).toBeLessThanOrEqual(before)
    expect(document.querySelector('.connection')?.getAttribute('data-state')).toBe('up')
  })
  it('are noticed by a refusal, too', async () => {
    start('/users', session([...LOOK, 'user.manage']), { 'GET /api/users': () => {
      current = session(LOOK, { role: 'viewer' })
      return problem(403, 'forbidden')
    } })
    await screen.findByText('Chỉ quản trị được quản lý người dùng')
  })
})

describe('a session that is over', () => {
  it('leads to the login, and the next one sees nothing of the last', async () => {
    start('/users', session([...LOOK, 'user.manage']), { 'GET /api/users': list([]) })
    await screen.findByText('Chưa có người dùng nào')
    const before = told()
    current = problem(401, 'unauthenticated')
    hang(4401)
    await screen.findByRole('button', { name: 'Đăng nhập' })
    expect(Line.all).toHaveLength(1)
    current = session(LOOK, { id: 2, username: 'khanh', role: 'viewer' })
    fireEvent.change(screen.getByLabelText('Tên đăng nhập'), { target: { value: 'khanh' } })
    fireEvent.change(screen.getByLabelText('Mật khẩu'), { target: { value: 'x' } })
    fireEvent.click(screen.getByRole('button', { name: 'Đăng nhập' }))
    await screen.findByText('Chỉ quản trị được quản lý người dùng')
    expect(queryClient.getQueryData(['users'])).toBeUndefined()
    expect(told()).toBeLessThanOrEqual(before)
  })
})

it('a server that refuses the socket is said to, and not asked again', async () => {
  start('/account', session(LOOK))
  await waitFor(() => expect(Line.all).toHaveLength(1))
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  hang(4403)
  vi.advanceTimersByTime(60_000)
  vi.useRealTimers()
  await screen.findByText(/Máy chủ từ chối trang này/)
  expect(Line.all).toHaveLength(1)
  expect(document.querySelector('.connection')?.textContent).toBe('Bị từ chối')
})
