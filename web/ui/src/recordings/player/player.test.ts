// The rules of playing: in step, in windows, between the element's time and UTC.
import { describe, expect, it } from 'vitest'
import { restOfFile, secondsOf, utcOf } from './mediaMap'
import { nudge, skewOf, waits, yielding, type Presence } from './sync'
import { framesFor, holds, nextIsDue, SPEEDS, windowAfter, windowAround } from './windows'

describe('nudge', () => {
  it('leaves what is near alone', () => expect(nudge(10, 1)).toEqual({ kind: 'rate', rate: 1 }))
  it('slows what is ahead and hurries what is behind', () => {
    expect(nudge(100, 1)).toMatchObject({ rate: 0.9 })
    expect(nudge(-100, 1)).toMatchObject({ rate: 1.1 })
  })
  it('jumps where catching up would be seen', () => expect([nudge(800, 1).kind, nudge(-800, 1).kind, nudge(800, 4).kind]).toEqual(['seek', 'seek', 'rate']))
  it('brings each within 40 ms at every speed that browsers can exceed', () => {
    for (const speed of SPEEDS) {
      for (const start of [-600, -150, 60, 500]) {
        let error = start * speed
        for (let step = 0; step < 100; step += 1) {
          const way = nudge(error, speed)
          // A twentieth of a second of watching: the picture goes on by its rate, the playhead by its speed.
          error += way.kind === 'seek' ? -error : (way.rate - speed) * 50 - yielding([error], speed)
        }
        expect(Math.abs(error / speed)).toBeLessThan(40)
      }
    }
  })
  it('never asks for more than browsers play', () => {
    for (const speed of SPEEDS) {
      const way = nudge(-300 * speed, speed)
      expect(way.kind === 'rate' && way.rate <= 16).toBe(true)
    }
  })
})

describe('yielding', () => {
  it('waits for the hindmost only where it cannot hurry', () => {
    expect(yielding([-900, 100], 8)).toBe(0)
    expect(yielding([-900, 100], 16)).toBe(-900)
    expect(yielding([-100, 100], 16)).toBe(0)
  })
})

describe('waits', () => {
  const after = (forMs: number, ...pictures: Presence[]) => waits(pictures.map((presence) => ({ presence, forMs })))
  it('waits for a picture that is on its way, but not for ever where another one shows', () => {
    expect([after(100, 'shown', 'coming'), after(60_000, 'shown', 'coming')]).toEqual([true, false])
  })
  it('stands while nothing is seen that may come again', () => {
    expect([after(60_000, 'lost', 'lost'), after(60_000, 'lost', 'gap'), after(60_000, 'coming')]).toEqual([true, true, true])
    expect(after(60_000, 'lost', 'shown')).toBe(false)
  })
  it('goes on over what will never come', () => expect([after(0, 'none'), after(0, 'gap', 'none'), after(0)]).toEqual([false, false, false]))
})

describe('skewOf', () => {
  it('is what lies between the first and the last', () => expect(skewOf([5, -12, 8])).toBe(20))
  it('needs two', () => expect([skewOf([]), skewOf([3])]).toEqual([null, null]))
})

describe('windows', () => {
  const at = Date.parse('2026-11-21T14:03:12.345Z')
  it('begin on a minute before the playhead and stay within what a playlist may span', () => {
    for (const frames of ['all', 'key'] as const) {
      const window = windowAround(at, frames)
      expect(window.start % 60_000).toBe(0)
      expect(at - window.start).toBeGreaterThan(60_000)
      expect(window.end - window.start).toBeLessThanOrEqual(2 * 3_600_000)
      expect(holds(window, at)).toBe(true)
    }
  })
  it('overlap, so that none is missed between them', () => {
    const window = windowAround(at, 'all')
    const next = windowAfter(window)
    expect(next.start).toBeLessThan(window.end)
    expect(holds(next, window.end)).toBe(true)
  })
  it('are fetched in time, sooner at greater speed', () => {
    const window = windowAround(at, 'all')
    expect(nextIsDue(window, window.end - 60_000, 1)).toBe(false)
    expect(nextIsDue(window, window.end - 60_000, 4)).toBe(true)
    expect(nextIsDue(window, window.end - 15_000, 1)).toBe(true)
  })
  it('hold key frames alone above four times', () => expect(SPEEDS.map(framesFor)).toEqual(['all', 'all', 'all', 'all', 'key', 'key']))
})

describe('mediaMap', () => {
  const base = Date.parse('2026-11-21T14:00:00Z')
  // 4 s, then a gap of a minute that the element knows nothing of, then 4 s.
  const fragments = [
    { start: 0, duration: 2, programDateTime: base },
    { start: 2, duration: 2, programDateTime: base + 2000 },
    { start: 4, duration: 2, programDateTime: base + 64_000 },
    { start: 6, duration: 2, programDateTime: base + 66_000 },
  ]
  it('goes both ways, over gaps', () => {
    for (const seconds of [0, 1.5, 2, 3.9, 4, 5.25, 7.5]) expect(secondsOf(fragments, utcOf(fragments, seconds) ?? 0)).toBeCloseTo(seconds, 3)
    expect(utcOf(fragments, 4.5)).toBe(base + 64_500)
  })
  it('finds the last frame of a stretch in that stretch, not in the next', () => {
    expect(secondsOf(fragments, base + 1950)).toBeCloseTo(1.95, 3)
    expect(secondsOf(fragments, base + 65_999)).toBeCloseTo(5.999, 3)
  })
  it('has nowhere for what was not recorded', () => {
    expect([base - 5000, base + 30_000, base + 70_000].map((utc) => secondsOf(fragments, utc))).toEqual([null, null, null])
  })
  it('bears the rounding of dates and lengths', () => {
    expect(secondsOf(fragments, base + 4050)).toBeCloseTo(3.999, 3)
    expect(secondsOf(fragments, base + 63_950)).toBe(4)
    expect(secondsOf(fragments, base - 50)).toBe(0)
    expect(utcOf([], 3)).toBeNull()
  })
  it('knows how far a file that cannot be read reaches', () => {
    const named = fragments.map((one, index) => ({ ...one, relurl: `/api/segments/${index < 2 ? 'a' : 'b'}/media?n=${index}` }))
    expect(restOfFile(named, 1)).toEqual({ start: base + 1760, end: base + 4120 })
    expect(restOfFile(named, 2)).toEqual({ start: base + 63_760, end: base + 68_120 })
    expect(restOfFile(named, -1)).toBeNull()
  })
})
