// @vitest-environment jsdom
// Over the picture of a crossing stand the letters that its sentence names, and arrows for the ways that were crossed.
import { QueryClientProvider } from '@tanstack/react-query'
import { cleanup, fireEvent, render, waitFor } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import '../i18n'
import { queryClient } from '../api/queries'
import type { Alert } from '../api/types'
import { penOf } from '../testing/pen'
import { AlertPicture } from './AlertPicture'

async function drawn(part: object): Promise<{ texts: string[]; arrows: number }> {
  const { context, strokes, said } = penOf()
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockImplementation(() => context as never)
  vi.stubGlobal('ResizeObserver', class { observe() {} disconnect() {} })
  // The rule has been taken away since.
  const camera = { id: 'c', rules: [], zones: [{ id: 'l', kind: 'line', name: 'Vạch', points: [[0, 0.5], [1, 0.5]] }, { id: 'z', kind: 'line', points: [[0, 0], [1, 0]] }] }
  vi.stubGlobal('fetch', vi.fn((path: string) => Promise.resolve(new Response(JSON.stringify(path.includes('?') ? { items: [camera], next: null } : camera)))))
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(400)
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(200)
  const alert = { id: 'a', site: 's', camera: 'c', kind: 'line_crossing', zone: 'l', severity: 'info', boxes: [], snapshot: '/s.jpg', ...part } as unknown as Alert
  const { container } = render(<QueryClientProvider client={queryClient}><AlertPicture alert={alert} /></QueryClientProvider>)
  fireEvent.load(await waitFor(() => container.querySelector('img') ?? Promise.reject(new Error('no picture yet'))))
  await waitFor(() => expect(said().map(({ text }) => text)).toContain('Vạch'))
  const once = strokes.slice(strokes.findLastIndex(({ what }) => what === 'clearRect'))
  return {
    texts: once.filter(({ what }) => what === 'fillText').map(({ args }) => String(args[0])),
    arrows: once.filter(({ what, style }) => what === 'fill' && style.lineWidth === 2).length,
  }
}

afterEach(() => {
  cleanup()
  queryClient.clear()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

describe('the picture of a crossing', () => {
  it('names both sides, with an arrow for the way that was gone', async () => {
    expect(await drawn({ detail: { b_to_a: 2 } })).toEqual({ texts: ['A', 'B', 'Vạch'], arrows: 1 })
    cleanup()
    expect((await drawn({ detail: { a_to_b: 1, b_to_a: 2 } })).arrows).toBe(2)
  })
  it('names no sides for another kind', async () => {
    expect((await drawn({ kind: 'tamper', detail: {} })).texts).toEqual(['Vạch'])
  })
})
