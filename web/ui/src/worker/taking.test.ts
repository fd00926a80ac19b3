// Taking on from a notification, against a scripted service.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { pictureOf, take } from './taking'
import { pushed } from './push'

const push = { ...pushed('{"title": "T", "tag": "a/1"}'), alert: 'a/1' }

function serve(...answers: (Response | Error)[]) {
  const calls: [string, RequestInit][] = []
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    calls.push([url, init])
    const answer = answers.shift()
    return answer instanceof Response ? Promise.resolve(answer) : Promise.reject(answer ?? new Error('nobody asked'))
  })
  return calls
}
const status = (code: number, body: object = {}) => new Response(JSON.stringify(body), { status: code })

afterEach(() => vi.unstubAllGlobals())

describe('take', () => {
  it('takes the whole group on with the session of this browser', async () => {
    const calls = serve(status(200))
    expect(await take(push)).toEqual({ state: 'taken' })
    expect(calls.map(([url, { method, credentials, body }]) => [url, method, credentials, body])).toEqual([
      ['/api/alerts/a%2F1/ack', 'POST', 'same-origin', '{"group":true}'],
    ])
  })
  it('says who was first', async () => {
    serve(status(409), status(200, { steps: [{ by: null }, { by: 'lan' }, { by: null }] }))
    expect(await take(push)).toEqual({ state: 'first', by: 'lan' })
    serve(status(409), new TypeError('lost'))
    expect(await take(push)).toEqual({ state: 'first', by: null })
  })
  it.each([[401, 'signed-out'], [403, 'forbidden'], [404, 'gone'], [500, 'lost'], [502, 'lost']])('%i: %s', async (code, state) => {
    serve(status(code))
    expect(await take(push)).toEqual({ state })
  })
  it('says that nothing came', async () => {
    serve(new TypeError('lost'))
    expect(await take(push)).toEqual({ state: 'lost' })
  })
})

describe('pictureOf', () => {
  it('is the whole JPEG', async () => {
    const jpeg = Uint8Array.from({ length: 20_000 }, (_, index) => index % 256)
    const calls = serve(new Response(jpeg, { headers: { 'Content-Type': 'image/jpeg' } }))
    const address = await pictureOf('a1')
    expect([...Buffer.from(address?.split(',')[1] ?? '', 'base64')]).toEqual([...jpeg])
    expect(calls[0]?.[1].cache).toBe('no-store')
  })
  it.each([[status(403)], [new Response('<html>', { headers: { 'Content-Type': 'text/html' } })], [new TypeError('lost')]])('is none where it cannot be had', async (answer) => {
    serve(answer)
    expect(await pictureOf('a1')).toBeNull()
  })
})
