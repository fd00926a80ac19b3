// @vitest-environment jsdom
// The list of holds: all of them can be reached, and what recorders do not know yet is said.
import { QueryClientProvider } from '@tanstack/react-query'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import '../i18n'
import { queryClient } from '../api/queries'
import type { Hold, Page } from '../api/types'
import { HoldsList } from './HoldsList'
import { countOf } from './queries'

const hold = (number: number, more: Partial<Hold> = {}): Hold => ({
  id: `h${number}`, cameras: ['old-gate'], start: '2026-11-21T14:00:00Z', end: '2026-11-21T14:08:00Z', reason: `vụ việc ${number}`, until: null,
  owner: 'admin', created_at: '2026-11-22T01:00:00Z', released_at: null, released_by: null, state: 'active', pending: false, ...more,
})

/** A service with `holds`, a page at a time, and one camera, which was removed. */
function serve(holds: () => Hold[]) {
  const removed = { id: 'old-gate', site: 's1', name: 'Cổng cũ', placement: 'gate', last_at: '2026-11-21T15:00:00Z' }
  vi.stubGlobal('fetch', vi.fn((path: string) => {
    const { pathname, searchParams } = new URL(path, 'http://x')
    if (pathname !== '/api/holds') {
      return Promise.resolve(new Response(JSON.stringify({ items: searchParams.get('removed') ? [removed] : [], next: null })))
    }
    const [size, cursor, all] = [Number(searchParams.get('limit')), searchParams.get('cursor'), holds()]
    const begin = cursor ? all.findIndex((one) => one.id === cursor) + 1 : 0
    const items = all.slice(begin, begin + size)
    return Promise.resolve(new Response(JSON.stringify({ items, next: begin + size < all.length ? items.at(-1)?.id : null })))
  }))
  render(<QueryClientProvider client={queryClient}><HoldsList open onClose={() => undefined} mayRelease onShow={() => undefined} /></QueryClientProvider>)
}

afterEach(() => {
  cleanup()
  queryClient.clear()
  vi.unstubAllGlobals()
})

describe('HoldsList', () => {
  it('goes on behind its first page', async () => {
    serve(() => Array.from({ length: 201 }, (_, number) => hold(number)))
    fireEvent.click(await screen.findByText('Hiện thêm', {}, { timeout: 8000 }))
    await waitFor(() => expect(document.querySelector('[data-hold=h200]')).not.toBeNull(), { timeout: 8000 })
    expect(screen.queryByText('Hiện thêm')).toBeNull()
  })
  it('says which the recorders do not know yet, until they do', async () => {
    let pending = true
    serve(() => [hold(1, { pending }), hold(2)])
    await waitFor(() => expect(document.querySelector('[data-hold=h1] .hold-pending')?.textContent).toContain('Chưa báo được cho bộ ghi'))
    expect(document.querySelector('[data-hold=h2] .hold-pending')).toBeNull()
    pending = false
    await waitFor(() => expect(document.querySelector('.hold-pending')).toBeNull(), { timeout: 8000 })
  })
  it('names a camera that was removed, and its site', async () => {
    serve(() => [hold(1)])
    await screen.findByText('Cổng cũ · s1')
  })
})

describe('countOf', () => {
  const pages = (next: string | null): { pages: Page<Hold>[]; pageParams: null[] } => ({ pages: [{ items: [hold(1), hold(2)], next }], pageParams: [null] })
  it('claims no more than is known', () => expect([countOf(undefined), countOf(pages(null)), countOf(pages('h2'))]).toEqual(['', '2', '2+']))
})
