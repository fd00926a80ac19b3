// An address that the browser exchanged, against a scripted service.
import { afterEach, expect, it, vi } from 'vitest'
import { tagOf } from '../push/device'
import { sent, serve } from '../testing/accounts'
import { renew } from './renewing'

const KEY = Uint8Array.of(1, 2).buffer
const of = (endpoint: string) => ({ endpoint, options: { applicationServerKey: KEY, userVisibleOnly: true } })
const channels = (device: string) => ({ items: [{ device, label: 'iPhone của Lan', enabled: true }], gateways: [], webpush: { public_key: 'k' } })
const subscribe = vi.fn(() => Promise.resolve(of('https://push/new')))

afterEach(() => {
  subscribe.mockClear()
  vi.unstubAllGlobals()
})

it('is told under the old name, with the old key', async () => {
  const calls = serve({ 'GET /api/channels': channels(await tagOf('https://push/old')), 'POST /api/channels': {} })
  await renew(of('https://push/old'), null, subscribe, 'vi-VN')
  expect(subscribe).toHaveBeenCalledWith(KEY)
  expect(sent(calls).map(({ body }) => body)).toMatchObject([{ gateway: 'webpush', subscription: { endpoint: 'https://push/new' }, label: 'iPhone của Lan', language: 'vi' }])
})
it('that the browser made already is taken as it is; of an old one that nobody remembers there is no name', async () => {
  const calls = serve({ 'GET /api/channels': channels('other'), 'POST /api/channels': {} })
  await renew(null, of('https://push/made'), subscribe, 'en')
  expect(subscribe).not.toHaveBeenCalled()
  expect(sent(calls).map(({ body }) => body)).toMatchObject([{ subscription: { endpoint: 'https://push/made' }, label: 'This device', language: 'en' }])
})
it('of a browser that was removed makes no channel again', async () => {
  const calls = serve({ 'GET /api/channels': channels('other') })
  await renew(of('https://push/old'), of('https://push/new'), subscribe, 'vi')
  expect(sent(calls)).toEqual([])
})
