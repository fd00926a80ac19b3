// @vitest-environment jsdom
// An alert beside the wall says how many of what.
import { QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import '../i18n'
import { queryClient } from '../api/queries'
import type { Alert } from '../api/types'
import { AlertCard } from './AlertCard'

function said(kind: string, persons: number): string {
  vi.stubGlobal('fetch', vi.fn(() => Promise.resolve(new Response('{"items":[],"next":null}'))))
  const alert = {
    id: 'a', site: 's', camera: 'c', node: null, rule: 'r', kind, zone: 'z', severity: 'info', state: 'open', opened_at: '2026-11-22T14:04:12Z',
    ended_at: null, persons, boxes: [], snapshot: null, clip: null, steps: [], detail: { zone_name: 'Hành lang 1', b_to_a: persons },
  } as unknown as Alert
  render(<QueryClientProvider client={queryClient}><AlertCard alert={alert} /></QueryClientProvider>)
  return screen.getByRole('link').textContent ?? ''
}

afterEach(() => {
  cleanup()
  queryClient.clear()
  vi.unstubAllGlobals()
})

describe('AlertCard', () => {
  it('counts those who breach as persons', () => expect(said('zone_breach', 2)).toContain(' · 2 người'))
  it('counts crossings as crossings: one man may cross six times', () => {
    const text = said('line_crossing', 6)
    expect(text).toContain(' · 6 lượt')
    expect(text).not.toContain('người')
  })
})
