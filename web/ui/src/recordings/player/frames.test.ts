// Frame by frame: exactly one, whatever the footage's rate, forwards and back.
import { describe, expect, it } from 'vitest'
import { frameAfter, neighbourOf } from './frames'
import { secondsOf } from './mediaMap'

const base = Date.parse('2026-11-21T14:00:00Z')

/** Fragments of 2 s each at `fps`; `slip`: how much earlier than it should (ms) the second file, of the third on, begins. */
function footage(fps: number, slip = 0) {
  const fragments = Array.from({ length: 4 }, (_, sn) => ({ start: sn * 2, duration: 2, programDateTime: base + sn * 2000 - (sn > 1 ? slip : 0), sn }))
  const frames = Array.from({ length: 2 * fps }, (_, number) => number / fps)
  const times = new Map(fragments.map(({ sn }) => [sn, frames]))
  const shown = (utc: number | null) => (utc === null ? null : Math.floor((secondsOf(fragments, utc) ?? -1) * fps + 1e-6))
  return { fragments, times, shown }
}

describe('neighbourOf', () => {
  it.each([5, 15, 25, 30, 60])('goes to the very next frame and back at %i a second', (fps) => {
    const { fragments, times, shown } = footage(fps)
    let at: number | null = base + 500 / fps
    for (let number = 1; number < 8 * fps; number += 1) {
      at = neighbourOf(fragments, times, at ?? 0, 1)
      expect(shown(at)).toBe(number)
    }
    for (let number = 8 * fps - 2; number >= 0; number -= 1) {
      at = neighbourOf(fragments, times, at ?? 0, -1)
      expect(shown(at)).toBe(number)
    }
    expect(neighbourOf(fragments, times, at ?? 0, -1)).toBeNull()
  })
  it('goes from wherever in the frame it stands', () => {
    const { fragments, times, shown } = footage(15)
    for (const inside of [0.5, 30, 66]) expect([1, -1].map((way) => shown(neighbourOf(fragments, times, base + 200 + inside, way as 1 | -1)))).toEqual([4, 2])
  })
  it('goes back into what is not loaded, and on into it', () => {
    const { fragments, times, shown } = footage(15)
    times.delete(0)
    times.delete(2)
    expect(shown(neighbourOf(fragments, times, base + 2010, -1))).toBe(29)
    expect(shown(neighbourOf(fragments, times, base + 3990, 1))).toBe(60)
    expect(neighbourOf(fragments, times, base + 500, 1)).toBeNull()
  })
  it('is not caught where a file begins before the one before it ends', () => {
    const { fragments, times, shown } = footage(25, 30)
    const first = base + 4000 - 30 + 1
    expect(shown(first)).toBe(100)
    expect(shown(neighbourOf(fragments, times, first, -1))).toBe(99)
  })
  it('goes over what was not recorded', () => {
    const { fragments, times } = footage(25, -60_000)
    expect(neighbourOf(fragments, times, base + 3990, 1)).toBeCloseTo(base + 64_005, 0)
    expect(neighbourOf(fragments, times, base + 64_005, -1)).toBeCloseTo(base + 3965, 0)
  })
})

describe('frameAfter', () => {
  /** What a renderer answers of footage at `fps`, times in whole milliseconds. */
  const looking = (fps: number) => {
    const asked: number[] = []
    const look = (at: number) => {
      asked.push(at)
      const number = Math.floor(((at - base + 0.5) * fps) / 1000)
      return Promise.resolve(base + Math.round((number * 1000) / fps))
    }
    return { look, asked }
  }
  it.each([[15, null], [15, 67], [5, 40], [50, 67], [60, null], [25, 40]])('finds the next one at %i a second, %s ms being usual', async (fps, length) => {
    const { look, asked } = looking(fps)
    for (let number = 0; number < 2 * fps; number += 1) {
      expect(await frameAfter(base + Math.round((number * 1000) / fps), length, look)).toBe(base + Math.round(((number + 1) * 1000) / fps))
    }
    if (length === Math.round(1000 / fps)) expect(asked.length).toBe(2 * 2 * fps)
  })
  it('gives up where there is none', async () => expect(await frameAfter(base, 40, () => Promise.resolve(base))).toBeNull())
})
