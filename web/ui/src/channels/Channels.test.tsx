// @vitest-environment jsdom
// One's own channels: every standing of this browser, the list in its order, addresses, tests.
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import '../i18n'
import type { Channel } from '../api/channels'
import { queryClient } from '../api/queries'
import { tagOf } from '../push/device'
import { problem, sent, serve, session, show } from '../testing/accounts'
import { Channels } from './Channels'

const ENDPOINT = 'https://push.example/1'
const KEY = 'BAEC'

const channel = (id: string, position: number, more: Partial<Channel> = {}): Channel => ({
  id, gateway: 'mail', address: `${id}@example.vn`, device: null, label: `Thư ${id}`, position, enabled: true,
  tested_at: null, tested_ok: null, last_ok_at: null, last_error: null, ...more,
})

interface Given {
  permission?: NotificationPermission
  /** What its owner answers when asked. */
  answers?: NotificationPermission
  subscribed?: boolean
  secure?: boolean
  capable?: boolean
  agent?: string
  installed?: boolean
  fails?: Error
}

const subscription = (endpoint: string) => ({
  endpoint, options: { applicationServerKey: Uint8Array.of(4, 1, 2).buffer }, unsubscribe: vi.fn(() => Promise.resolve(true)), toJSON: () => ({ endpoint, keys: { p256dh: 'p', auth: 'a' } }),
})

/** A browser that can be asked. */
function browser(given: Given = {}) {
  const { permission = 'default', subscribed = false, secure = true, capable = true, installed = false } = given
  let held = subscribed ? subscription(ENDPOINT) : null
  const notification = { permission, requestPermission: vi.fn(() => Promise.resolve((notification.permission = given.answers ?? 'granted'))) }
  const subscribe = vi.fn(() => {
    if (given.fails) return Promise.reject(given.fails)
    held = subscription(ENDPOINT)
    return Promise.resolve(held)
  })
  const registration = { pushManager: { getSubscription: () => Promise.resolve(held), subscribe } }
  const serviceWorker = { getRegistration: () => Promise.resolve(registration), register: () => Promise.resolve(registration), ready: Promise.resolve(registration) }
  vi.stubGlobal('navigator', { userAgent: given.agent ?? 'Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile', maxTouchPoints: 5, ...(capable ? { serviceWorker } : {}) })
  vi.stubGlobal('matchMedia', () => ({ matches: installed }))
  vi.stubGlobal('isSecureContext', secure)
  if (capable) vi.stubGlobal('PushManager', class {})
  if (capable) vi.stubGlobal('Notification', notification)
  return { notification, subscribe, drop: () => (held = null) }
}

const all = (items: Channel[], gateways = [{ name: 'mail', asks: 'email' }, { name: 'sms', asks: 'phone' }]) => ({ items, gateways, webpush: { public_key: KEY } })

function open(items: Channel[] = [], answers: Parameters<typeof serve>[0] = {}) {
  const calls = serve({ 'GET /api/channels': all(items), ...answers })
  show(<Channels />, session(['session.own', 'alert.view']))
  return calls
}
const card = async (standing: string) => {
  await waitFor(() => expect(document.querySelector('.this-browser')?.getAttribute('data-standing')).toBe(standing))
  return within(document.querySelector('.this-browser') as HTMLElement)
}
const labels = () => [...document.querySelectorAll('.channel-row b')].map((one) => one.firstChild?.textContent)

beforeEach(() => browser())
afterEach(() => {
  cleanup()
  queryClient.clear()
  vi.unstubAllGlobals()
})

describe('this browser', () => {
  const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/605'
  it.each<[string, Given, string]>([
    ['insecure', { secure: false, capable: false }, 'https://'],
    ['incapable', { capable: false }, 'ẩn danh'],
    ['home-screen', { agent: IPHONE, capable: false }, 'Thêm vào MH chính'],
    ['denied', { permission: 'denied' }, 'chọn Cho phép'],
    ['off', {}, 'Bật lên'],
    ['off', { agent: IPHONE, installed: true }, 'Bật lên'],
    ['off', { permission: 'granted' }, 'Bật lên'],
    ['elsewhere', { permission: 'granted', subscribed: true }, 'tài khoản khác'],
  ])('is %s with %o', async (standing, given, words) => {
    browser(given)
    open()
    const shown = await card(standing)
    expect(shown.getByText(new RegExp(words))).toBeTruthy()
    expect(shown.queryByRole('button') !== null).toBe(standing === 'off' || standing === 'elsewhere')
  })
  it('is not asked for permission before somebody wants it', async () => {
    const { notification } = browser()
    open()
    await card('off')
    expect(notification.requestPermission).not.toHaveBeenCalled()
  })
  it('is on, or switched off, where it is among the channels', async () => {
    browser({ permission: 'granted', subscribed: true })
    const own = channel('w', 0, { gateway: 'webpush', address: null, label: 'Chrome · Android', device: await tagOf(ENDPOINT) })
    open([own])
    await card('on')
    expect(await screen.findByText('Thiết bị này')).toBeTruthy()
    cleanup()
    queryClient.clear()
    open([{ ...own, enabled: false }])
    await card('paused')
  })
  it('says on which other devices one is called', async () => {
    open([channel('w', 0, { gateway: 'webpush', address: null, label: 'iPhone của Lan', device: 'other' })])
    expect((await card('off')).getByText('Đang nhận trên thiết bị khác: iPhone của Lan')).toBeTruthy()
  })
  it('becomes a channel by a click', async () => {
    const { subscribe } = browser()
    const calls = open([], { 'POST /api/channels': channel('w', 0) })
    fireEvent.click((await card('off')).getByRole('button', { name: 'Cho phép thông báo' }))
    await screen.findByText('Trình duyệt này sẽ nhận cảnh báo. Hãy gửi thử một lần.')
    expect(subscribe).toHaveBeenCalledWith({ userVisibleOnly: true, applicationServerKey: Uint8Array.of(4, 1, 2) })
    expect(sent(calls)).toEqual([{ method: 'POST', path: '/api/channels', body: {
      gateway: 'webpush', subscription: { endpoint: ENDPOINT, keys: { p256dh: 'p', auth: 'a' } }, label: 'Chrome · Android', language: 'vi',
    } }])
  })
  it.each<[string, Given, RegExp]>([
    ['its owner', { answers: 'denied' }, /chọn Cho phép/],
    ['its push service', { fails: new DOMException('push service error', 'AbortError') }, /dịch vụ thông báo của hãng/],
    ['itself', { fails: new DOMException('no', 'NotAllowedError') }, /chọn Cho phép/],
  ])('says what keeps it from it: %s', async (_, given, words) => {
    browser(given)
    const calls = open()
    fireEvent.click((await card('off')).getByRole('button'))
    expect((await screen.findByRole('alert')).textContent).toMatch(words)
    expect(sent(calls)).toEqual([])
  })
})

describe('the list', () => {
  it('warns whoever has nothing by which to be called', async () => {
    open([channel('a', 0, { enabled: false })])
    expect(await screen.findByText('Bạn sẽ không được gọi.')).toBeTruthy()
  })
  it('is in the order in which they are tried; the first that is on comes first', async () => {
    open([channel('b', 1), channel('a', 0, { enabled: false }), channel('c', 2, { last_error: '550 no such user' })])
    await screen.findByText('Gọi trước tiên')
    expect(labels()).toEqual(['Thư a', 'Thư b', 'Thư c'])
    expect(screen.getByText('Gọi trước tiên').closest('li')?.dataset.channel).toBe('b')
    expect(screen.queryByText('Bạn sẽ không được gọi.')).toBeNull()
    expect(screen.getByText(/550 no such user/)).toBeTruthy()
  })
  it('says of a browser that is gone where it is mended, in the page\'s own language', async () => {
    open([channel('w', 0, { gateway: 'webpush', address: null, label: 'iPhone', enabled: false, last_error: "the browser's subscription has ended: allow notifications in it once more" })])
    expect(await screen.findByText(/^Trình duyệt đó đã thôi nhận thông báo/)).toBeTruthy()
  })
  it('is put in order by its keys, which stay under the finger', async () => {
    let items = [channel('a', 0), channel('b', 1)]
    const calls = open([], { 'GET /api/channels': () => all(items), 'PATCH /api/channels/b': () => {
      items = [channel('b', 0), channel('a', 1)]
      return items[0]
    } })
    fireEvent.click(await screen.findByRole('button', { name: 'Chuyển «Thư b» lên trước' }))
    await waitFor(() => expect(labels()).toEqual(['Thư b', 'Thư a']))
    expect(sent(calls)).toEqual([{ method: 'PATCH', path: '/api/channels/b', body: { position: 0 } }])
    const up = screen.getByRole('button', { name: 'Chuyển «Thư b» lên trước' })
    expect([document.activeElement, up.getAttribute('aria-disabled')]).toEqual([up, 'true'])
    fireEvent.click(up)
    expect(sent(calls)).toHaveLength(1)
  })
  const menu = async (name: string, item: string) => {
    fireEvent.keyDown(await screen.findByRole('button', { name: `Việc khác với «${name}»` }), { key: 'Enter' })
    fireEvent.click(await screen.findByRole('menuitem', { name: item }))
  }
  it('removes an address, and puts it back where it was', async () => {
    const calls = open([channel('a', 0), channel('b', 1, { enabled: false })], { 'POST /api/channels': channel('n', 1) })
    await menu('Thư b', 'Xóa kênh')
    fireEvent.click(await screen.findByRole('button', { name: 'Hoàn tác' }))
    await waitFor(() => expect(sent(calls)).toEqual([
      { method: 'DELETE', path: '/api/channels/b', body: null },
      { method: 'POST', path: '/api/channels', body: { gateway: 'mail', address: 'b@example.vn', label: 'Thư b', language: 'vi' } },
      { method: 'PATCH', path: '/api/channels/n', body: { position: 1, enabled: false } },
    ]))
  })
  it('asks before it removes another device, which cannot be put back from here', async () => {
    const calls = open([channel('w', 0, { gateway: 'webpush', address: null, label: 'iPhone', device: 'other' })])
    await menu('iPhone', 'Xóa kênh')
    fireEvent.click(within(await screen.findByRole('dialog')).getByRole('button', { name: 'Xóa kênh' }))
    await waitFor(() => expect(sent(calls)).toEqual([{ method: 'DELETE', path: '/api/channels/w', body: null }]))
  })
  it('switches off, and gives another name', async () => {
    const calls = open([channel('a', 0)])
    await menu('Thư a', 'Tắt kênh')
    await waitFor(() => expect(sent(calls)).toEqual([{ method: 'PATCH', path: '/api/channels/a', body: { enabled: false } }]))
    await menu('Thư a', 'Đổi tên…')
    fireEvent.change(await screen.findByLabelText('Tên kênh'), { target: { value: ' Thư trực ' } })
    fireEvent.click(screen.getByRole('button', { name: 'Lưu' }))
    await waitFor(() => expect(sent(calls)[1]).toEqual({ method: 'PATCH', path: '/api/channels/a', body: { label: 'Thư trực' } }))
  })
  it.each([
    [{ state: 'sent', answer: '250 OK', took_ms: 812 }, 'Đã gửi, máy chủ trả lời: 250 OK, 0,8 giây. Không nhận được? Kiểm tra lại địa chỉ và hộp thư rác.'],
    [{ state: 'failed', answer: '550 no such user', took_ms: 90 }, 'Chưa gửi được: 550 no such user (0,1 giây). Kiểm tra địa chỉ; nếu địa chỉ đúng, hãy báo quản trị hệ thống.'],
    [problem(429, 'throttled'), 'Quá nhiều yêu cầu. Chờ một lát rồi thử lại.'],
  ])('tells what a test was answered', async (answer, words) => {
    open([channel('a', 0)], { 'POST /api/channels/a/test': answer })
    fireEvent.click(await screen.findByRole('button', { name: 'Gửi thử tới «Thư a»' }))
    await waitFor(() => expect(document.querySelector('.channel-outcome')?.textContent).toContain(words))
  })
})

describe('another address', () => {
  it('is what its gateway asks for', async () => {
    const calls = open([], { 'POST /api/channels': channel('n', 0) })
    fireEvent.click(await screen.findByRole('button', { name: 'Thêm địa chỉ' }))
    const dialog = within(await screen.findByRole('dialog'))
    fireEvent.change(dialog.getByLabelText('Địa chỉ thư điện tử'), { target: { value: 'lan' } })
    fireEvent.click(dialog.getByRole('button', { name: 'Thêm địa chỉ' }))
    expect((await dialog.findByRole('alert')).textContent).toContain('Đây không phải địa chỉ thư điện tử')
    fireEvent.click(dialog.getByRole('button', { name: 'sms' }))
    fireEvent.change(dialog.getByLabelText('Số điện thoại'), { target: { value: '0912 345 678' } })
    fireEvent.click(dialog.getByRole('button', { name: 'Thêm địa chỉ' }))
    await waitFor(() => expect(sent(calls)).toEqual([
      { method: 'POST', path: '/api/channels', body: { gateway: 'sms', address: '0912345678', label: '0912345678', language: 'vi' } },
    ]))
  })
  it('is not offered where this host sends to none', async () => {
    open([], { 'GET /api/channels': all([], []) })
    await card('off')
    expect(screen.queryByRole('button', { name: 'Thêm địa chỉ' })).toBeNull()
  })
})
