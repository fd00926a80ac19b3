// @vitest-environment jsdom
// Holding: a reason is asked for, what is chosen is sent, and it can be taken back.
import { QueryClientProvider } from '@tanstack/react-query'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import '../i18n'
import { queryClient } from '../api/queries'
import { Toasts } from '../controls/toasts'
import { HoldDialog } from './HoldDialog'

const cameras = [
  { id: 'gate-1', name: 'Cổng chính', label: 'Cổng chính', site: 'Vị Thanh 1', closed: false, removed: false },
  { id: 'corridor-2', name: 'Hành lang A2', label: 'Hành lang A2', site: 'Vị Thanh 1', closed: false, removed: false },
]
const span = { from: Date.parse('2026-11-21T14:00:00Z'), to: Date.parse('2026-11-21T14:08:00Z') }

const spanOf = (path: string) => new URLSearchParams(path.split('?')[1])

/** A timeline of the asked span: recorded whole, or nothing at all for the cameras in `without`. */
function timelineOf(path: string, without: readonly string[]) {
  const [start, end] = [spanOf(path).get('start'), spanOf(path).get('end')]
  const recorded = !without.some((camera) => path.includes(`/${camera}/`))
  return {
    start, end, counts: [], alerts: [], segments: recorded ? [{ start, end, codec: 'avc1.64001f', bytes: 1, open: false }] : [],
    gaps: recorded ? [] : [{ start, end, cause: 'disabled', reason: null }],
  }
}

function show(status = 201, without: readonly string[] = [], answer: object = { id: 'h1' }, pending: () => boolean = () => false) {
  const calls: { method: string; path: string; body: unknown }[] = []
  vi.stubGlobal('fetch', vi.fn((path: string, init: RequestInit) => {
    if (path.includes('/timeline')) return Promise.resolve(new Response(JSON.stringify(timelineOf(path, without))))
    if (path.startsWith('/api/holds?')) return Promise.resolve(new Response(JSON.stringify({ items: [{ id: 'h1', pending: pending() }], next: null })))
    calls.push({ method: init.method ?? 'GET', path, body: typeof init.body === 'string' ? JSON.parse(init.body) : null })
    const body = status === 422 ? { type: 'about:blank#hold-span', detail: 'the span is in the future' } : answer
    return Promise.resolve(init.method === 'DELETE' ? new Response(null, { status: 204 }) : new Response(JSON.stringify(body), { status }))
  }))
  const made = vi.fn()
  render(<QueryClientProvider client={queryClient}><HoldDialog span={span} cameras={cameras} onClose={() => undefined} onMade={made} /><Toasts /></QueryClientProvider>)
  return { calls, made }
}
const reason = () => document.querySelector('textarea') as HTMLTextAreaElement
const submit = () => fireEvent.submit(reason().form as HTMLFormElement)

afterEach(() => {
  cleanup()
  queryClient.clear()
  vi.unstubAllGlobals()
})

describe('HoldDialog', () => {
  it('asks for a reason and for a camera before anything is sent', () => {
    const { calls } = show()
    // As a hand does it: the browser's own bubble, in the browser's language, must not come first.
    fireEvent.click(document.querySelector('.dialog-foot .primary') as HTMLButtonElement)
    expect(document.querySelector('.form-error')?.textContent).toContain('lý do')
    fireEvent.change(reason(), { target: { value: 'vụ việc' } })
    document.querySelectorAll('input[type=checkbox]').forEach((box) => fireEvent.click(box))
    submit()
    expect(document.querySelector('.form-error')?.textContent).toContain('camera')
    expect(calls).toEqual([])
  })
  it('sends what was chosen, and takes it back on request', async () => {
    const { calls, made } = show()
    fireEvent.click(screen.getByLabelText('Vị Thanh 1 · Hành lang A2'))
    fireEvent.change(reason(), { target: { value: ' vụ việc tối 21/11 ' } })
    fireEvent.click(screen.getByText('Không thời hạn'))
    submit()
    await waitFor(() => expect(made).toHaveBeenCalled())
    expect(calls[0]).toEqual({
      method: 'POST', path: '/api/holds',
      body: { cameras: ['gate-1'], start: '2026-11-21T14:00:00.000Z', end: '2026-11-21T14:08:00.000Z', reason: 'vụ việc tối 21/11', until: null },
    })
    fireEvent.click(await screen.findByText('Hoàn tác'))
    await waitFor(() => expect(calls.some((call) => call.method === 'DELETE' && call.path === '/api/holds/h1')).toBe(true))
  })
  it('says where there is nothing to hold', async () => {
    show(201, ['corridor-2'])
    await screen.findByText('Trong khoảng này không có bản ghi của Hành lang A2.')
    fireEvent.click(screen.getByLabelText('Vị Thanh 1 · Cổng chính'))
    await screen.findByText('Trong khoảng này không có bản ghi nào để giữ lại.')
  })
  it('says why it was refused and keeps what was typed', async () => {
    const { made } = show(422)
    fireEvent.change(reason(), { target: { value: 'vụ việc' } })
    submit()
    await waitFor(() => expect(document.querySelector('.form-error')?.textContent).toContain('in the future'))
    expect(made).not.toHaveBeenCalled()
    expect(reason().value).toBe('vụ việc')
  })
  it('says that the recorders have not been told yet, until they are', async () => {
    let pending = true
    const { made } = show(201, [], { id: 'h1', pending: true }, () => pending)
    fireEvent.change(reason(), { target: { value: 'vụ việc' } })
    submit()
    await screen.findByText(/chưa báo được cho bộ ghi/)
    expect(made).not.toHaveBeenCalled()
    expect(screen.queryByText(/^Đã giữ lại/)).toBeNull()
    pending = false
    await waitFor(() => expect(made).toHaveBeenCalled(), { timeout: 8000 })
    await screen.findByText(/^Đã giữ lại/)
  })
  it('says what to do when the list has no room', async () => {
    show(409, [], { type: 'about:blank#holds-full', detail: 'recorders cannot be told of more holds' })
    fireEvent.change(reason(), { target: { value: 'vụ việc' } })
    submit()
    await waitFor(() => expect(document.querySelector('.form-error')?.textContent).toContain('bỏ giữ những đoạn không còn cần'))
  })
})
