// The spans of a report: shifts of the facility's day, days, a free one. Pure but for the zone.
import { day, dayStart, zoneOffset } from '../time/format'

export const PRESETS = ['shift', 'before', 'today', 'yesterday', 'week', 'free'] as const
export type Preset = (typeof PRESETS)[number]
export interface Span {
  start: number
  end: number
}

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** Shifts begin at these hours of the day: 6–14, 14–22, 22–6. */
const BEGINS = [6, 14, 22] as const
const LENGTH = 8 * HOUR
/** As the service has it. */
export const MOST_MS = 31 * DAY

/** The shift that `at` lies in. */
export function shiftAt(at: number): Span {
  const shown = at + zoneOffset(at)
  const hour = Math.floor((shown % DAY) / HOUR)
  const begin = BEGINS.findLast((one) => hour >= one)
  const today = Date.parse(dayStart(day(at)))
  const start = begin === undefined ? today - DAY + 22 * HOUR : today + begin * HOUR
  return { start, end: start + LENGTH }
}

/** Null for the free one. */
export function spanOf(preset: Preset, now: number): Span | null {
  const today = day(now)
  const midnight = (days: number) => Date.parse(dayStart(today, days))
  switch (preset) {
    case 'shift':
      return shiftAt(now)
    case 'before':
      return shiftAt(shiftAt(now).start - 1)
    case 'today':
      return { start: midnight(0), end: midnight(1) }
    case 'yesterday':
      return { start: midnight(-1), end: midnight(0) }
    case 'week':
      return { start: midnight(-6), end: midnight(1) }
    case 'free':
      return null
  }
}

/** What a free span lacks; null: it is one. */
export function faultOf(start: number | null, end: number | null): 'none' | 'order' | 'long' | null {
  if (start === null || end === null) return 'none'
  return end <= start ? 'order' : end - start > MOST_MS ? 'long' : null
}
