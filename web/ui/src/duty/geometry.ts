// Where a shift is drawn in a row of days, and what a pointer drags over it. Pure; in milliseconds and shares of the width.
import { MINUTE, type Span } from './times'

/** What is dragged begins and ends at such minutes. */
export const SNAP_MIN = 30

/** Shares of the width of all days, each of which is as wide as the others; null: none of it is in sight. */
export interface Place {
  left: number
  width: number
  /** It began before, or goes on after what is shown. */
  before: boolean
  after: boolean
}

/** How far along a moment is; before the first day 0, after the last one 1. */
export function shareOf(at: number, days: readonly Span[]): number {
  const index = days.findIndex(({ end }) => at < end)
  const one = days[index]
  if (!one) return 1
  return (index + Math.max(0, at - one.start) / (one.end - one.start)) / days.length
}

export function placeOf({ start, end }: Span, days: readonly Span[]): Place | null {
  const [first, last] = [days[0], days.at(-1)]
  if (!first || !last || end <= first.start || start >= last.end) return null
  const left = shareOf(start, days)
  return { left, width: shareOf(end, days) - left, before: start < first.start, after: end > last.end }
}

/** The moment at a share of the width, on the nearest half hour. */
export function momentOf(share: number, days: readonly Span[]): number {
  const along = Math.min(1, Math.max(0, share)) * days.length
  const index = Math.min(days.length - 1, Math.floor(along))
  const one = days[index]
  if (!one) return 0
  const step = SNAP_MIN * MINUTE
  return Math.min(one.end, one.start + Math.round(((along - index) * (one.end - one.start)) / step) * step)
}

/** From where a drag began to where it is, whichever comes first; null: it is no span yet. */
export function dragged(from: number, to: number, days: readonly Span[]): Span | null {
  const [a, b] = [momentOf(from, days), momentOf(to, days)]
  return a === b ? null : { start: Math.min(a, b), end: Math.max(a, b) }
}

/** For each, which line of its row it is in: those that overlap are not drawn over one another. Sorted by start. */
export function lanesOf(spans: readonly Span[]): number[] {
  const ends: number[] = []
  return spans.map(({ start, end }) => {
    const free = ends.findIndex((until) => until <= start)
    const lane = free < 0 ? ends.length : free
    ends[lane] = end
    return lane
  })
}

/** Their union, in order. */
export function union(spans: readonly Span[]): Span[] {
  const merged: Span[] = []
  for (const { start, end } of [...spans].sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1)
    if (last && start <= last.end) last.end = Math.max(last.end, end)
    else merged.push({ start, end })
  }
  return merged
}

/** The part of it that is within; null: none. */
export function within({ start, end }: Span, bounds: Span): Span | null {
  const cut = { start: Math.max(start, bounds.start), end: Math.min(end, bounds.end) }
  return cut.start < cut.end ? cut : null
}

export const overlap = (a: Span, b: Span) => a.start < b.end && b.start < a.end
