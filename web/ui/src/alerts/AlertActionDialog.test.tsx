// @vitest-environment jsdom
// Acknowledging: the note is sent, and whoever was first is named.
import { QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import '../i18n'
import { queryClient } from '../api/queries'
import type { Alert } from '../api/types'
import { Toasts } from '../controls/toasts'
import { askedAction } from './alertActions'
import { AlertActionDialog } from './AlertActionDialog'

const alert = {
  id: 'a1', site: 's', camera: 'c', kind: 'zone_breach', severity: 'critical', state: 'open', opened_at: '2026-11-22T02:00:00Z',
  ended_at: null, persons: 1, steps: [],
} as unknown as Alert
const taken = { ...alert, state: 'acknowledged', steps: [{ at: '2026-11-22T02:00:05Z', kind: 'acknowledged', by: 'truc2', note: null }] }
const reply = (status: number, body: unknown) => new Response(JSON.stringify(body), { status })

function show(answers: (path: string, method: string) => Response) {
  const calls: [string, string, unknown][] = []
  vi.stubGlobal('fetch', vi.fn((path: string, init: RequestInit) => {
    calls.push([init.method ?? 'GET', path, init.body])
    return Promise.resolve(answers(path, init.method ?? 'GET'))
  }))
  askedAction.set({ alert, action: 'ack' })
  render(<QueryClientProvider client={queryClient}><AlertActionDialog /><Toasts /></QueryClientProvider>)
  return calls
}

afterEach(() => {
  cleanup()
  queryClient.clear()
  askedAction.set(null)
  vi.unstubAllGlobals()
})

describe('AlertActionDialog', () => {
  it('sends the note and closes', async () => {
    const calls = show((path) => (path.endsWith('/ack') ? reply(200, taken) : reply(200, { items: [], next: null })))
    fireEvent.change(screen.getByRole('textbox'), { target: { value: ' đang tới ' } })
    fireEvent.keyDown(screen.getByRole('textbox'), { key: 'Enter' })
    await waitFor(() => expect(askedAction.get()).toBeNull())
    expect(calls).toContainEqual(['POST', '/api/alerts/a1/ack', JSON.stringify({ note: 'đang tới' })])
  })
  it('offers what one does when taking it on, and what it turned out to be when it is over', async () => {
    show(() => reply(200, { items: [], next: null }))
    expect(screen.getByRole('button', { name: 'Đang cử người tới' })).toBeTruthy()
    expect(screen.queryByRole('button', { name: 'Báo nhầm' })).toBeNull()
    act(() => askedAction.set({ alert, action: 'resolve' }))
    expect(await screen.findByRole('button', { name: 'Báo nhầm' })).toBeTruthy()
    expect(screen.queryByRole('button', { name: 'Đang cử người tới' })).toBeNull()
  })
  it('says who was first on a conflict', async () => {
    show((path, method) => (method === 'POST' ? reply(409, { type: 'about:blank#conflict' }) : path === '/api/alerts/a1' ? reply(200, taken) : reply(200, { items: [], next: null })))
    fireEvent.keyDown(screen.getByRole('textbox'), { key: 'Enter' })
    expect(await screen.findByText(/truc2/)).toBeTruthy()
    expect(askedAction.get()).toBeNull()
  })
  it('stays open and says what to do when it fails', async () => {
    show((path) => (path.endsWith('/ack') ? reply(500, {}) : reply(200, { items: [], next: null })))
    fireEvent.keyDown(screen.getByRole('textbox'), { key: 'Enter' })
    expect((await screen.findByRole('alert')).textContent).toContain('500')
    expect(askedAction.get()).not.toBeNull()
  })
})
