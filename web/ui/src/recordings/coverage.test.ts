// Where a camera has footage and where it has none.
import { describe, expect, it } from 'vitest'
import type { Timeline } from '../api/types'
import { boundsOf, coverageOf, lowerBound, nextFootage, personsAt, standingAt } from './coverage'

const time = (second: number) => new Date(Date.UTC(2026, 10, 21, 14, 0, 0) + second * 1000).toISOString()
const at = (second: number) => Date.parse(time(second))
const segment = (start: number, end: number, more = {}) => ({ id: '', start: time(start), end: time(end), codec: 'avc1.64001f', bytes: 1, open: false, ...more })
const timeline = (more: Partial<Timeline> = {}): Timeline => ({
  start: time(0), end: time(600), segments: [segment(0, 60), segment(60.04, 120), segment(200, 600, { open: true })],
  gaps: [{ start: time(120), end: time(200), cause: 'network', reason: 'timeout' }],
  counts: [{ at: time(0), mean: 0.5, max: 2 }, { at: time(60), mean: 0, max: 0 }], alerts: [], ...more,
})

describe('coverageOf', () => {
  it('joins what abuts and shares a codec', () => {
    expect(coverageOf(timeline()).recorded.map((one) => [(one.end - one.start) / 1000, one.open])).toEqual([[120, false], [400, true]])
    const mixed = coverageOf(timeline({ segments: [segment(0, 60), segment(60, 120, { codec: 'hvc1.1.6.L93.B0' })] }))
    expect(mixed.recorded).toHaveLength(2)
  })
  it('does without what an older server leaves out', () => {
    expect(coverageOf(timeline())).toMatchObject({ holds: [], twice: [] })
  })
  it('knows which moments exist twice', () => {
    expect(coverageOf(timeline({ overlaps: [segment(30, 60)] })).twice).toEqual([{ start: at(30), end: at(60) }])
  })
})

describe('standingAt', () => {
  const known = coverageOf(timeline())
  it('tells footage from a gap, with its cause', () => {
    expect(standingAt(known, at(119)).kind).toBe('recorded')
    expect(standingAt(known, at(120))).toMatchObject({ kind: 'gap', span: { cause: 'network', reason: 'timeout' } })
    expect(standingAt(known, at(200)).kind).toBe('recorded')
  })
  it('knows nothing before the span or without an answer', () => {
    expect(standingAt(known, at(-1)).kind).toBe('unknown')
    expect(standingAt(undefined, at(10)).kind).toBe('unknown')
  })
  it('lets a growing file grow on for a while, and a lasting gap last', () => {
    expect(standingAt(known, at(620)).kind).toBe('recorded')
    expect(standingAt(known, at(700)).kind).toBe('unknown')
    const lost = coverageOf(timeline({ segments: [segment(0, 60)], gaps: [{ start: time(60), end: time(600), cause: 'camera', reason: null }] }))
    expect(standingAt(lost, at(700)).kind).toBe('gap')
  })
})

describe('nextFootage', () => {
  const early = coverageOf(timeline({ segments: [segment(300, 400)] }))
  const late = coverageOf(timeline({ segments: [segment(350, 500)] }))
  it('is the first of any camera', () => {
    expect(nextFootage([late, early], at(100))).toBe(at(300))
    expect(nextFootage([late, early], at(320))).toBe(at(320))
    expect(nextFootage([late, early], at(450))).toBe(at(450))
  })
  it('is nothing where nothing follows', () => expect(nextFootage([early, late], at(500))).toBeNull())
})

describe('personsAt', () => {
  it('is the most at once in that minute, and unknown where nobody counted', () => {
    const known = coverageOf(timeline())
    expect([personsAt(known, at(0)), personsAt(known, at(59)), personsAt(known, at(61)), personsAt(known, at(200))]).toEqual([2, 2, 0, null])
  })
  it('searches by halves', () => expect([0, 1, 2, 3, 9].map((value) => lowerBound([1, 2, 2, 5], value))).toEqual([0, 0, 1, 3, 4]))
})

describe('boundsOf', () => {
  const gap = (start: number, end: number) => ({ start: time(start), end: time(end), cause: 'network', reason: null })
  const narrow = coverageOf(timeline({ segments: [], gaps: [gap(0, 3600)], end: time(3600) })).gaps[0]
  const wide = (spans: object) => coverageOf(timeline({ start: time(-9000), end: time(9000), ...spans }))
  const now = at(20_000)

  it('takes the edge of what was asked for no bound', () => {
    expect(narrow && boundsOf(narrow, undefined, now)).toEqual({ start: null, end: null, lasts: false })
    const inner = coverageOf(timeline()).gaps[0]
    expect(inner && boundsOf(inner, undefined, now)).toEqual({ start: at(120), end: at(200), lasts: false })
  })
  it('finds them further away', () => {
    const found = wide({ segments: [segment(-9000, -60), segment(5000, 9000)], gaps: [gap(-60, 5000)] })
    expect(narrow && boundsOf(narrow, found, now)).toEqual({ start: at(-60), end: at(5000), lasts: false })
    const never = wide({ segments: [segment(5000, 9000)], gaps: [gap(-9000, 5000)] })
    expect(narrow && boundsOf(narrow, never, now)).toEqual({ start: null, end: at(5000), lasts: false })
    const lasting = wide({ segments: [segment(-9000, -60)], gaps: [gap(-60, 9000)] })
    expect(narrow && boundsOf(narrow, lasting, at(9000))).toEqual({ start: at(-60), end: null, lasts: true })
  })
})
