// Segments and gaps of a timeline as few spans: neighbours of a kind become one. Pure.
import type { Alert, Timeline } from '../api/types'

export interface Span {
  kind: 'recorded' | 'gap'
  start: number
  end: number
  cause: string | null
  reason: string | null
}

/** Segments follow each other with a frame between: anything under this is no hole. */
const JOIN_MS = 1000

export function spansOf(timeline: Pick<Timeline, 'segments' | 'gaps'>): Span[] {
  const all: Span[] = [
    ...timeline.segments.map((one) => ({
      kind: 'recorded' as const, start: Date.parse(one.start), end: Date.parse(one.end), cause: null, reason: null,
    })),
    ...timeline.gaps.map((one) => ({
      kind: 'gap' as const, start: Date.parse(one.start), end: Date.parse(one.end), cause: one.cause, reason: one.reason,
    })),
  ].sort((a, b) => a.start - b.start)
  const joined: Span[] = []
  for (const span of all) {
    const last = joined.at(-1)
    const same = last && last.kind === span.kind && last.cause === span.cause && last.reason === span.reason
    if (last && same && span.start - last.end < JOIN_MS) last.end = Math.max(last.end, span.end)
    else joined.push({ ...span })
  }
  return joined
}

/** A camera that is younger than the strip by less is not worth a word. */
const YOUNGER_MS = 60_000

/**
 * How much of the strip was recorded (0 to 1) of what could have been: time before the camera was there, or while it was
 * switched off, is nobody's loss. `since` says from when that counts where the camera is younger than the strip.
 */
export function recordedShare(spans: readonly Span[], start: number, end: number, first: number): { share: number; since: number | null } {
  const begin = Math.min(end, Math.max(start, first))
  const lasting = (one: Span) => Math.max(0, Math.min(one.end, end) - Math.max(one.start, begin))
  const sum = (some: readonly Span[]) => some.reduce((total, one) => total + lasting(one), 0)
  const recorded = sum(spans.filter((one) => one.kind === 'recorded'))
  const wanted = end - begin - sum(spans.filter((one) => one.cause === 'disabled'))
  return { share: Math.min(1, recorded / Math.max(1, wanted)), since: begin - start > YOUNGER_MS ? begin : null }
}

/** Marks closer than this share of the strip would cover each other. */
const APART = 1 / 28

/** The alerts that opened inside the strip, oldest first, in bunches whose marks have room beside each other. */
export function clusters(alerts: readonly Alert[], start: number, end: number): Alert[][] {
  const bunches: Alert[][] = []
  const within = alerts.filter((alert) => Date.parse(alert.opened_at) >= start)
  for (const alert of within.sort((a, b) => a.opened_at.localeCompare(b.opened_at))) {
    const bunch = bunches[bunches.length - 1]
    const first = bunch?.[0]
    if (first && Date.parse(alert.opened_at) - Date.parse(first.opened_at) < (end - start) * APART) bunch.push(alert)
    else bunches.push([alert])
  }
  return bunches
}

export function worst(alerts: readonly Alert[]): Alert['severity'] {
  return (['critical', 'warning'] as const).find((severity) => alerts.some((alert) => alert.severity === severity)) ?? 'info'
}
