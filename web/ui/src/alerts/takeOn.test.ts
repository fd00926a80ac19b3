// @vitest-environment jsdom
// One tap on a telephone, in each way that it can turn out.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import '../i18n'
import type { Alert } from '../api/types'
import { toasts } from '../controls/toasts'
import { problem, sent, serve } from '../testing/accounts'
import { ask, askedAction } from './alertActions'

const step = (kind: string, by: string | null) => ({ kind, by, at: '2026-11-23T03:00:00Z', note: null })
const alert = { id: 'a1', kind: 'zone_breach', state: 'open', severity: 'critical', steps: [step('opened', null)] } as unknown as Alert
const taken = (by: string) => ({ ...alert, state: 'acknowledged', steps: [...alert.steps, step('acknowledged', by)] })
const told = () => toasts.get().map(({ text, kind, action }) => [text, kind, action?.label ?? null])

function onA(matches: boolean) {
  vi.stubGlobal('matchMedia', () => ({ matches }))
}
beforeEach(() => onA(true))
afterEach(() => {
  toasts.set([])
  askedAction.set(null)
  vi.unstubAllGlobals()
})

describe('on a telephone', () => {
  it('one tap takes it on, a second is not another', async () => {
    const calls = serve({ 'POST /api/alerts/a1/ack': taken('me') })
    ask(alert, 'ack')
    ask(alert, 'ack')
    expect(told()).toEqual([['Đang gửi…', 'done', null]])
    await vi.waitFor(() => expect(told()).toEqual([['Đã nhận xử lý: Xâm nhập vùng', 'done', null]]))
    expect(sent(calls).map(({ path }) => path)).toEqual(['/api/alerts/a1/ack'])
    expect(askedAction.get()).toBeNull()
  })
  it('says who was first', async () => {
    serve({ 'POST /api/alerts/a1/ack': problem(409, 'already-acknowledged'), 'GET /api/alerts/a1': taken('lan') })
    ask(alert, 'ack')
    await vi.waitFor(() => expect(told()).toEqual([['lan đã làm việc này trước bạn lúc 10:00:00 (Nhận xử lý).', 'breach', null]]))
  })
  it('offers to try again what did not reach the server', async () => {
    serve({ 'POST /api/alerts/a1/ack': () => Promise.reject(new TypeError('lost')) })
    ask(alert, 'ack')
    await vi.waitFor(() => expect(told()).toEqual([[expect.stringContaining('máy chủ'), 'breach', 'Thử lại']]))
    serve({ 'POST /api/alerts/a1/ack': taken('me') })
    toasts.get()[0]?.action?.run()
    await vi.waitFor(() => expect(told().at(-1)?.[0]).toBe('Đã nhận xử lý: Xâm nhập vùng'))
  })
  it('what it turned out to be is still asked', () => {
    ask(alert, 'resolve')
    expect(askedAction.get()?.action).toBe('resolve')
  })
})

it('on a desk a word is asked for', () => {
  onA(false)
  const calls = serve({})
  ask(alert, 'ack')
  expect([askedAction.get()?.action, sent(calls)]).toEqual(['ack', []])
})
