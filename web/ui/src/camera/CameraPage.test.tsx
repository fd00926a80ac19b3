// @vitest-environment jsdom
// The page of a camera explains what its boxes say.
import { QueryClientProvider } from '@tanstack/react-query'
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { HintProvider } from '../controls/Hint'
import '../i18n'
import { queryClient } from '../api/queries'
import { CameraPage } from './CameraPage'

const camera = {
  id: 'c', site: 's', name: 'Cổng 1', placement: 'gate', state: 'offline', reason: 'unreachable', since: null, streams: ['main'], person_count: null, zones: [], rules: [],
  clock_offset_s: null, sampled_fps: null, inferred_fps: null, fps: null, bitrate: null, model: null, codec: null, width: null, height: null,
}

afterEach(() => {
  cleanup()
  queryClient.clear()
  vi.unstubAllGlobals()
})

describe('the page of a camera', () => {
  it('says what the two figures on a box are, for a finger too, while boxes are shown', async () => {
    vi.stubGlobal('ResizeObserver', class { observe() {} disconnect() {} })
    vi.stubGlobal('fetch', vi.fn((path: string) => Promise.resolve(new Response(JSON.stringify(
      path.includes('timeline') ? { start: '2026-11-22T08:00:00Z', end: '2026-11-22T14:00:00Z', segments: [], gaps: [], counts: [], alerts: [] } : path.endsWith('/c') ? camera : { items: [], next: null })))))
    render(<QueryClientProvider client={queryClient}><HintProvider delayDuration={0}><CameraPage id="c" /></HintProvider></QueryClientProvider>)
    const button = await screen.findByRole('button', { name: 'Khung người' })
    const key = () => screen.queryByText(/80 · 89%: số theo dõi, độ chắc chắn là người/, { selector: '.boxes-key' })
    expect(key()).not.toBeNull()
    fireEvent.focus(button)
    expect((await screen.findByRole('tooltip')).textContent).toContain('80 · 89%: số theo dõi')
    fireEvent.click(button)
    expect(key()).toBeNull()
  })
})
