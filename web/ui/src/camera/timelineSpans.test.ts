// Segments and gaps become few spans.
import { describe, expect, it } from 'vitest'
import type { Alert } from '../api/types'
import { clusters, recordedShare, spansOf, worst } from './timelineSpans'

const time = (second: number) => new Date(Date.UTC(2026, 10, 22, 2, 0, second)).toISOString()
const segment = (start: number, end: number) => ({ id: String(start), start: time(start), end: time(end), codec: '', bytes: 1, open: false })

describe('spansOf', () => {
  it('joins neighbours and keeps gaps with their cause', () => {
    const spans = spansOf({
      segments: [segment(40, 60), segment(0, 10), segment(10.04, 20)],
      gaps: [{ start: time(20), end: time(40), cause: 'network', reason: 'unreachable' }],
    })
    expect(spans.map((span) => [span.kind, (span.end - span.start) / 1000, span.cause])).toEqual([
      ['recorded', 20, null], ['gap', 20, 'network'], ['recorded', 20, null],
    ])
  })
  it('does not join gaps of different causes', () => {
    const gap = (start: number, end: number, cause: string) => ({ start: time(start), end: time(end), cause, reason: null })
    expect(spansOf({ segments: [], gaps: [gap(0, 5, 'camera'), gap(5, 9, 'disk')] })).toHaveLength(2)
  })
})

describe('recordedShare', () => {
  const minute = 60_000
  const span = (kind: 'recorded' | 'gap', start: number, end: number, cause: string | null = null) => ({ kind, start: start * minute, end: end * minute, cause, reason: null })
  it('counts a gap, and neither what was before the camera nor while it was switched off', () => {
    const spans = [span('gap', 0, 40, 'disabled'), span('recorded', 40, 70), span('gap', 70, 80, 'network'), span('gap', 80, 100, 'disabled')]
    expect(recordedShare(spans, 0, 100 * minute, 40 * minute)).toEqual({ share: 0.75, since: 40 * minute })
  })
  it('says no time where the camera is as old as the strip', () => {
    expect(recordedShare([span('recorded', -5, 100)], 0, 100 * minute, -500 * minute)).toEqual({ share: 1, since: null })
  })
  it('is nothing, not NaN, for a camera of this moment', () => {
    expect(recordedShare([], 0, 100 * minute, 200 * minute).share).toBe(0)
  })
})

describe('clusters', () => {
  const alert = (second: number, severity = 'warning') => ({ id: String(second), opened_at: time(second), severity }) as Alert
  it('bunches marks that would cover each other, oldest first, and leaves out what opened before', () => {
    const [start, end] = [Date.parse(time(0)), Date.parse(time(280))]
    const found = clusters([alert(200), alert(12, 'critical'), alert(10), alert(19), alert(-30)], start, end)
    expect(found.map((bunch) => bunch.map((one) => one.id))).toEqual([['10', '12', '19'], ['200']])
    expect(found.map(worst)).toEqual(['critical', 'warning'])
  })
})
