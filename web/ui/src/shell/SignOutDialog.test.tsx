// @vitest-environment jsdom
// Signing out on a browser that is called, and on one that is not.
import { cleanup, fireEvent, screen, waitFor } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import '../i18n'
import { queryClient } from '../api/queries'
import { tagOf } from '../push/device'
import { problem, serve, session, show } from '../testing/accounts'
import { SignOutDialog } from './SignOutDialog'
import { signingOut, useSignOut } from './signingOut'

const ENDPOINT = 'https://push.example/1'
const drop = vi.fn(() => Promise.resolve(true))

function Leave() {
  const { ask } = useSignOut()
  return <button onClick={() => void ask()}>leave</button>
}

async function leave(enabled: boolean, answers: Parameters<typeof serve>[0] = {}) {
  const registration = { pushManager: { getSubscription: () => Promise.resolve({ endpoint: ENDPOINT, unsubscribe: drop }) } }
  vi.stubGlobal('navigator', { userAgent: '', maxTouchPoints: 0, serviceWorker: { getRegistration: () => Promise.resolve(registration) } })
  vi.stubGlobal('matchMedia', () => ({ matches: false }))
  vi.stubGlobal('isSecureContext', true)
  vi.stubGlobal('PushManager', class {})
  vi.stubGlobal('Notification', { permission: 'granted' })
  const own = { id: 'c1', gateway: 'webpush', device: await tagOf(ENDPOINT), label: 'Máy trực', position: 0, enabled }
  const calls = serve({
    'GET /api/channels': { items: [own], gateways: [], webpush: { public_key: '' } },
    'DELETE /api/session': new Response(null, { status: 204 }), 'DELETE /api/channels/c1': new Response(null, { status: 204 }), ...answers,
  })
  show(<><Leave /><SignOutDialog /></>, session(['session.own']))
  fireEvent.click(screen.getByText('leave'))
  return () => calls.filter((call) => call.method === 'DELETE').map((call) => call.path)
}

describe('who signs out', () => {
  afterEach(() => {
    cleanup()
    queryClient.clear()
    signingOut.set(null)
    drop.mockClear()
    vi.unstubAllGlobals()
  })

  it('is asked where this browser is called, and may leave it so', async () => {
    const ended = await leave(true)
    await screen.findByText(/Máy trực/)
    expect(ended()).toEqual([])
    fireEvent.click(screen.getByText('Đăng xuất, vẫn nhận cảnh báo'))
    await waitFor(() => expect(ended()).toEqual(['/api/session']))
    expect(drop).not.toHaveBeenCalled()
  })

  it('ends the channel first, while there is a session that may', async () => {
    const ended = await leave(true)
    fireEvent.click(await screen.findByText('Đăng xuất, ngừng nhận'))
    await waitFor(() => expect(ended()).toEqual(['/api/channels/c1', '/api/session']))
    expect(drop).toHaveBeenCalledOnce()
    await waitFor(() => expect(screen.queryByText(/Máy trực/)).toBeNull())
  })

  it('stays signed in where the channel could not be ended', async () => {
    const ended = await leave(true, { 'DELETE /api/channels/c1': problem(503, 'busy') })
    fireEvent.click(await screen.findByText('Đăng xuất, ngừng nhận'))
    await screen.findByText(/Chưa đăng xuất được/)
    expect(ended()).toEqual(['/api/channels/c1'])
  })

  it.each([['is switched off', true], ['cannot be asked for', false]])('is not asked where the channel %s', async (_, answers) => {
    const ended = await leave(false, answers ? {} : { 'GET /api/channels': problem(503, 'busy') })
    await waitFor(() => expect(ended()).toEqual(['/api/session']))
    expect(screen.queryByText(/Máy trực/)).toBeNull()
  })
})
