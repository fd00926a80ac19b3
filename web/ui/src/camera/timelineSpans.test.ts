// Segments and gaps become few spans.
import { describe, expect, it } from 'vitest'
import { spansOf } from './timelineSpans'

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
