// @vitest-environment jsdom
// Triage by keyboard: groups, several at once, what failed, a rule kept quiet, the focus when rows move.
import { act, cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Router } from 'wouter'
import { memoryLocation } from 'wouter/memory-location'
import '../i18n'
import { applyAlert } from '../api/liveUpdates'
import { queryClient } from '../api/queries'
import type { Alert } from '../api/types'
import { list, problem, sent, serve, session, show, type Call } from '../testing/accounts'
import { AlertActionDialog } from './AlertActionDialog'
import { askedAction, askedForAll, askedSnooze } from './alertActions'
import { AlertsPage } from './AlertsPage'
import { BatchDialog } from './BatchDialog'
import { SnoozeDialog } from './quiet/SnoozeDialog'
import { arrived, unseen } from './unseen'

const step = (kind: string, by: string | null = null, note: string | null = null) => ({ at: '2026-11-23T14:00:00Z', kind, by, note })
const alert = (id: string, minute: number, more: Partial<Alert> = {}): Alert => ({
  id, site: 'vt1', camera: `c-${id}`, rule: 'breach', kind: 'zone_breach', zone: null, severity: 'critical', state: 'open',
  opened_at: `2026-11-23T14:${String(minute).padStart(2, '0')}:00Z`, ended_at: null, persons: 1, boxes: null, snapshot: null, clip: null, detail: null, steps: [step('opened')],
  chain: { state: 'running', rung: 0, next_at: null, by: null }, group: null, quiet: null, ...more,
})
const joined = { group: 'a', chain: { state: 'joined', rung: null, next_at: null, by: null } } as Partial<Alert>
const ALERTS = [alert('d', 9), alert('c', 8, joined), alert('b', 7, joined), alert('a', 6), alert('z', 5, { kind: 'loitering' })]
const taken = (one: Alert): Alert => ({ ...one, state: 'acknowledged', steps: [...one.steps, step('acknowledged', 'admin')] })

let calls: Call[]
function open(answers: Record<string, unknown> = {}, path = '/alerts/d') {
  vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: () => undefined, removeEventListener: () => undefined }))
  vi.stubGlobal('ResizeObserver', class { observe() {} disconnect() {} })
  Element.prototype.scrollIntoView = () => undefined
  calls = serve({ 'GET /api/alerts': list(ALERTS), ...Object.fromEntries(ALERTS.map((one) => [`GET /api/alerts/${one.id}`, one])),
    ...Object.fromEntries(ALERTS.map((one) => [`GET /api/cameras/${one.camera}`, { id: one.camera, site: 'vt1', name: one.camera, zones: [], rules: [] }])), ...answers })
  const { hook, searchHook, history } = memoryLocation({ path, record: true })
  const Page = () => {
    const [at] = hook()
    return <AlertsPage id={/^\/alerts\/(.+)$/.exec(at)?.[1] ?? null} />
  }
  show(<Router hook={hook} searchHook={searchHook}><Page /><AlertActionDialog /><BatchDialog /><SnoozeDialog /></Router>,
    session(['alert.view', 'alert.ack', 'alert.resolve', 'alert.quiet']))
  return { at: () => history.at(-1) }
}
const press = (key: string) => fireEvent.keyDown(document.activeElement ?? document.body, { key })
const rows = () => within(screen.getByRole('list', { name: 'Danh sách cảnh báo' })).getAllByRole('link')
const ready = () => waitFor(() => expect(rows()).toHaveLength(3))
const send = () => fireEvent.keyDown(screen.getByRole('textbox'), { key: 'Enter' })

afterEach(() => {
  cleanup()
  for (const store of [askedAction, askedForAll, askedSnooze]) act(() => store.set(null))
  unseen.set(new Set())
  queryClient.clear()
  vi.unstubAllGlobals()
})

describe('a group', () => {
  it('is one row, opened and closed by the arrow keys', async () => {
    const page = open()
    await ready()
    press('j')
    await waitFor(() => expect(page.at()).toBe('/alerts/c'))
    press('ArrowRight')
    await waitFor(() => expect(rows()).toHaveLength(5))
    press('j')
    await waitFor(() => expect(page.at()).toBe('/alerts/b'))
    press('ArrowLeft')
    await waitFor(() => expect(rows()).toHaveLength(3))
    expect(page.at()).toBe('/alerts/c')
  })
  it('is taken on as a whole while it is closed, and alone where one says so', async () => {
    open({ 'POST /api/alerts/c/ack': taken(ALERTS[1] as Alert) }, '/alerts/c')
    await ready()
    press('a')
    expect((await screen.findByRole<HTMLInputElement>('checkbox', { name: 'Cả nhóm: 3 cảnh báo' })).checked).toBe(true)
    send()
    await waitFor(() => expect(sent(calls)).toEqual([{ method: 'POST', path: '/api/alerts/c/ack', body: { note: '', group: true } }]))
    await waitFor(() => expect(askedAction.get()).toBeNull())
    press('r')
    fireEvent.click(await screen.findByRole('checkbox', { name: /Cả nhóm/ }))
    send()
    await waitFor(() => expect(sent(calls).at(-1)?.body).toEqual({ note: '' }))
  })
  it('acts on one alone once it is opened', async () => {
    open({ 'POST /api/alerts/b/ack': taken(ALERTS[2] as Alert) }, '/alerts/b')
    await ready()
    press('ArrowRight')
    await waitFor(() => expect(rows()).toHaveLength(5))
    press('a')
    await screen.findByRole('textbox')
    expect(screen.queryByRole('checkbox', { name: /Cả nhóm/ })).toBeNull()
    send()
    await waitFor(() => expect(sent(calls)).toEqual([{ method: 'POST', path: '/api/alerts/b/ack', body: { note: '' } }]))
  })
})

describe('several', () => {
  it('are taken on one after the other; what failed is told, kept and tried again', async () => {
    let broken = true
    open({
      'POST /api/alerts/d/ack': taken(ALERTS[0] as Alert),
      'POST /api/alerts/c/ack': problem(409, 'already-acknowledged'), 'GET /api/alerts/c': taken(ALERTS[1] as Alert),
      'POST /api/alerts/z/ack': () => (broken ? problem(500, 'x') : taken(ALERTS[4] as Alert)),
    })
    await ready()
    for (const key of ['x', 'j', 'x', 'j', 'x']) {
      press(key)
      await act(() => Promise.resolve())
    }
    expect(await screen.findByText('Đã chọn 3')).toBeTruthy()
    press('a')
    expect(await screen.findByText('Nhận xử lý 5 cảnh báo')).toBeTruthy()
    press('Escape')
    await waitFor(() => expect(askedForAll.get()).toBeNull())
    expect(screen.getByText('Đã chọn 3')).toBeTruthy()
    press('a')
    fireEvent.change(await screen.findByRole('textbox'), { target: { value: 'đi xem' } })
    send()
    expect((await screen.findByRole('alert')).textContent).toContain('1 mục chưa làm được')
    expect(await screen.findByText('1 mục đã có người khác làm trước.')).toBeTruthy()
    expect(sent(calls).map(({ path, body }) => [path, body])).toEqual([
      ['/api/alerts/d/ack', { note: 'đi xem' }], ['/api/alerts/c/ack', { note: 'đi xem', group: true }], ['/api/alerts/z/ack', { note: 'đi xem' }],
    ])
    broken = false
    send()
    await waitFor(() => expect(askedForAll.get()).toBeNull())
    expect(sent(calls).slice(3).map(({ path }) => path)).toEqual(['/api/alerts/z/ack'])
    expect(screen.queryByText(/Đã chọn/)).toBeNull()
  })
  it('are let go by Escape, which leaves the page only then', async () => {
    const page = open()
    await ready()
    press('x')
    expect(await screen.findByText('Đã chọn 1')).toBeTruthy()
    press('Escape')
    await waitFor(() => expect(screen.queryByText('Đã chọn 1')).toBeNull())
    expect(page.at()).toBe('/alerts/d')
    press('Escape')
    await waitFor(() => expect(page.at()).toBe('/alerts'))
  })
})

it('keeps a rule quiet for some minutes, never without a reason', async () => {
  open({ 'POST /api/alerts/d/snooze': { id: 'q1', until: '2026-11-23T14:30:00Z' } })
  await ready()
  press('z')
  await screen.findByRole('textbox')
  send()
  expect((await screen.findByRole('alert')).textContent).toBe('Hãy ghi lý do.')
  fireEvent.click(screen.getByRole('button', { name: '30 phút' }))
  fireEvent.click(screen.getByRole('button', { name: 'Con vật qua lại' }))
  send()
  await waitFor(() => expect(sent(calls)).toEqual([{ method: 'POST', path: '/api/alerts/d/snooze', body: { minutes: 30, reason: 'Con vật qua lại' } }]))
  fireEvent.click(await screen.findByRole('button', { name: 'Hoàn tác' }))
  await waitFor(() => expect(sent(calls).at(-1)).toEqual({ method: 'DELETE', path: '/api/quiets/q1', body: null }))
})

it('marks what came meanwhile until it is looked at', async () => {
  open()
  await ready()
  act(() => {
    applyAlert(queryClient, alert('n', 30))
    arrived('n')
  })
  expect(await screen.findByText('Mới')).toBeTruthy()
  press('k')
  await waitFor(() => expect(screen.queryByText('Mới')).toBeNull())
})

it('keeps the focus in the list when the row that had it goes', async () => {
  open({}, '/alerts/d?state=untaken')
  await ready()
  const row = rows()[0] as HTMLElement
  act(() => row.focus())
  press('j')
  await waitFor(() => expect(document.activeElement).toBe(rows()[1]))
  act(() => applyAlert(queryClient, { ...alert('c', 8, joined), state: 'resolved', steps: [step('opened'), step('resolved', 'admin')] }))
  await act(() => Promise.resolve())
  expect(document.activeElement).not.toBe(document.body)
})
