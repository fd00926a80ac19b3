// Time and pixels of the timeline: where a moment stands, how the view zooms and pans, which times are written. Pure.

export interface View {
  start: number
  end: number
}

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
export const MIN_SPAN = MINUTE
export const MAX_SPAN = 31 * DAY
export const PRESETS = [10 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, MAX_SPAN] as const

export const spanOf = (view: View) => view.end - view.start
export const xOf = (view: View, width: number, at: number) => ((at - view.start) / spanOf(view)) * width
export const timeAt = (view: View, width: number, x: number) => view.start + (x / Math.max(1, width)) * spanOf(view)

/** The view kept to what there can be: a minute to 31 days, no further ahead than a tenth of itself. */
export function bounded(view: View, now: number): View {
  const span = Math.min(MAX_SPAN, Math.max(MIN_SPAN, spanOf(view)))
  const middle = (view.start + view.end) / 2
  const end = Math.min(now + span * 0.1, Math.max(now - MAX_SPAN * 12, middle + span / 2))
  return { start: end - span, end }
}

/** Zoomed by `factor` (under 1: closer) so that `anchor` stays where it is. */
export function zoomed(view: View, factor: number, anchor: number, now: number): View {
  const span = Math.min(MAX_SPAN, Math.max(MIN_SPAN, spanOf(view) * factor))
  const share = (anchor - view.start) / spanOf(view)
  const start = anchor - share * span
  return bounded({ start, end: start + span }, now)
}

export const panned = (view: View, by: number, now: number) => bounded({ start: view.start + by, end: view.end + by }, now)

export const around = (at: number, span: number, now: number) => bounded({ start: at - span / 2, end: at + span / 2 }, now)

/** The view turned over like a page once the playhead reaches its end; unchanged while it is inside. */
export function following(view: View, at: number, now: number): View {
  if (at >= view.start && at <= view.end) return view
  const start = at - spanOf(view) * 0.1
  return bounded({ start, end: start + spanOf(view) }, now)
}

const STEPS = [
  5000, 10_000, 15_000, 30_000, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR,
  DAY, 2 * DAY, 7 * DAY,
]

export interface Tick {
  at: number
  /** Begins a day of the facility. */
  midnight: boolean
  /** The moments are less than a minute apart. */
  seconds: boolean
}

/** Moments to be written, `apart` pixels from each other at least, on round times of the facility's clock. */
export function ticks(view: View, width: number, offset: (at: number) => number, apart = 84): Tick[] {
  const least = (apart / Math.max(1, width)) * spanOf(view)
  const step = STEPS.find((one) => one >= least) ?? 7 * DAY
  const shift = offset(view.start)
  const found: Tick[] = []
  for (let local = Math.ceil((view.start + shift) / step) * step; local - shift <= view.end; local += step) {
    found.push({ at: local - shift, midnight: local % DAY === 0, seconds: step < MINUTE })
  }
  return found
}

export interface Range {
  start: number
  end: number
}

const TIERS = [6 * HOUR, 2 * DAY, 8 * DAY]

/**
 * What is asked of the server for a view: a stretch of the next size up, moved in quarters of itself, so that panning
 * and zooming within it ask nothing. Never more than 31 days.
 */
export function rangeFor(view: View): Range {
  const tier = TIERS.find((one) => spanOf(view) <= one / 2)
  if (!tier) {
    const step = DAY
    const end = Math.ceil(view.end / step) * step
    return { start: Math.max(Math.floor(view.start / step) * step, end - MAX_SPAN), end }
  }
  const middle = (view.start + view.end) / 2
  const start = Math.floor((middle - tier / 2 + tier / 8) / (tier / 4)) * (tier / 4)
  return { start, end: start + tier }
}
