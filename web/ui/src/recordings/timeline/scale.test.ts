// Time and pixels.
import { describe, expect, it } from 'vitest'
import { bounded, DAY, following, HOUR, MAX_SPAN, MIN_SPAN, MINUTE, panned, rangeFor, spanOf, ticks, timeAt, xOf, zoomed } from './scale'

const now = Date.parse('2026-11-22T07:00:00Z')
const view = { start: now - 2 * HOUR, end: now - HOUR }
const utc7 = () => 7 * HOUR

describe('mapping', () => {
  it('goes both ways', () => {
    for (const x of [0, 1, 333.5, 1200]) expect(xOf(view, 1200, timeAt(view, 1200, x))).toBeCloseTo(x, 6)
    expect(xOf(view, 1200, view.start + 30 * MINUTE)).toBe(600)
  })
})

describe('zoomed', () => {
  it('keeps the moment under the pointer where it is', () => {
    const anchor = view.start + 20 * MINUTE
    const closer = zoomed(view, 0.5, anchor, now)
    expect(spanOf(closer)).toBe(30 * MINUTE)
    expect(xOf(closer, 900, anchor)).toBeCloseTo(xOf(view, 900, anchor), 6)
  })
  it('ends at a minute and at 31 days', () => {
    expect(spanOf(zoomed(view, 0.001, view.start, now))).toBe(MIN_SPAN)
    expect(spanOf(zoomed(view, 1e6, view.start, now))).toBe(MAX_SPAN)
  })
})

describe('panned', () => {
  it('does not leave the present behind', () => {
    const far = panned(view, 365 * DAY, now)
    expect(spanOf(far)).toBe(HOUR)
    expect(far.end).toBe(now + 0.1 * HOUR)
    expect(bounded(view, now)).toEqual(view)
  })
})

describe('following', () => {
  it('turns the page only once the playhead has left it', () => {
    expect(following(view, view.end, now)).toBe(view)
    const next = following(view, view.end + 1, now)
    expect(next.start).toBeLessThan(view.end + 1)
    expect(xOf(next, 100, view.end + 1)).toBeCloseTo(10, 3)
  })
})

describe('ticks', () => {
  it('stand on round times of the facility, apart from each other', () => {
    const found = ticks(view, 1200, utc7)
    expect(found.map((tick) => new Date(tick.at).toISOString().slice(14, 19))).toEqual(['00:00', '05:00', '10:00', '15:00', '20:00', '25:00', '30:00', '35:00', '40:00', '45:00', '50:00', '55:00', '00:00'])
    for (let index = 1; index < found.length; index += 1) {
      expect(xOf(view, 1200, found[index]?.at ?? 0) - xOf(view, 1200, found[index - 1]?.at ?? 0)).toBeGreaterThanOrEqual(84)
    }
  })
  it('say the seconds where minutes would stand twice', () => {
    const close = ticks({ start: now, end: now + 10 * MINUTE }, 1920, utc7)
    expect(close.every((tick) => tick.seconds)).toBe(true)
    expect(ticks(view, 1920, utc7).some((tick) => tick.seconds)).toBe(false)
  })
  it('name the facility’s midnights', () => {
    const days = ticks({ start: now - 3 * DAY, end: now }, 600, utc7).filter((tick) => tick.midnight)
    expect(days.map((tick) => new Date(tick.at).toISOString())).toEqual(['2026-11-19T17:00:00.000Z', '2026-11-20T17:00:00.000Z', '2026-11-21T17:00:00.000Z'])
  })
})

describe('rangeFor', () => {
  it('holds the view whole at any place and size, and never more than 31 days', () => {
    for (const span of [MIN_SPAN, HOUR, 2.9 * HOUR, 6 * HOUR, DAY, 3 * DAY, 7 * DAY, 20 * DAY]) {
      for (let step = 0; step < 40; step += 1) {
        const start = now - 60 * DAY + step * span * 0.37
        const range = rangeFor({ start, end: start + span })
        expect(range.start).toBeLessThanOrEqual(start)
        expect(range.end).toBeGreaterThanOrEqual(start + span)
        expect(range.end - range.start).toBeLessThanOrEqual(MAX_SPAN)
      }
    }
  })
  it('is at most 31 days for 31 days, with their end', () => {
    const whole = { start: now - MAX_SPAN, end: now }
    expect(rangeFor(whole).end - rangeFor(whole).start).toBeLessThanOrEqual(MAX_SPAN)
    expect(rangeFor(whole).end).toBeGreaterThanOrEqual(now)
  })
  it('does not ask anew for a small step', () => {
    const found = new Set<number>()
    for (let step = 0; step < 60; step += 1) found.add(rangeFor({ start: view.start + step * MINUTE, end: view.end + step * MINUTE }).start)
    expect(found.size).toBeLessThanOrEqual(2)
  })
})
