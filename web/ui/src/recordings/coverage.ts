// What a camera has at which moment: footage, or a gap with its cause. Pure; times are milliseconds since 1970.
import type { Alert, Timeline } from '../api/types'

export interface Recorded {
  start: number
  end: number
  codec: string
  /** Still growing. */
  open: boolean
}

export interface Missing {
  start: number
  end: number
  cause: string
  reason: string | null
  /** Reaches the edge of what was asked: it may be longer. */
  cut: boolean
}

export interface Held {
  id: string
  start: number
  end: number
  reason: string
  owner: string
  until: string | null
}

export interface Coverage {
  start: number
  end: number
  recorded: Recorded[]
  gaps: Missing[]
  /** Where other footage has the same moments: the clock was set back. */
  twice: { start: number; end: number }[]
  /** Minutes at which persons were counted, and the most at once in each. */
  countAt: Float64Array
  countMax: Uint16Array
  alerts: (Alert & { at: number })[]
  holds: Held[]
}

/** Segments follow each other with a frame between: anything under this is no hole. */
const JOIN_MS = 1000
/** A file that grows has grown on since the answer was written. */
const GROWS_ON_MS = 30_000

export function coverageOf(timeline: Timeline): Coverage {
  const recorded: Recorded[] = []
  for (const one of timeline.segments) {
    const next = { start: Date.parse(one.start), end: Date.parse(one.end), codec: one.codec, open: one.open }
    const last = recorded.at(-1)
    if (last && last.codec === next.codec && Math.abs(next.start - last.end) < JOIN_MS) Object.assign(last, { end: next.end, open: next.open })
    else recorded.push(next)
  }
  const [from, to] = [Date.parse(timeline.start), Date.parse(timeline.end)]
  return {
    start: from,
    end: to,
    recorded,
    gaps: timeline.gaps.map((gap) => {
      const [start, end] = [Date.parse(gap.start), Date.parse(gap.end)]
      return { ...gap, start, end, cut: start <= from || end >= to }
    }),
    twice: (timeline.overlaps ?? []).map((one) => ({ start: Date.parse(one.start), end: Date.parse(one.end) })),
    countAt: Float64Array.from(timeline.counts, (bin) => Date.parse(bin.at)),
    countMax: Uint16Array.from(timeline.counts, (bin) => bin.max),
    alerts: timeline.alerts.map((alert) => ({ ...alert, at: Date.parse(alert.opened_at) })).sort((a, b) => a.at - b.at),
    holds: (timeline.holds ?? []).map((hold) => ({ ...hold, start: Date.parse(hold.start), end: Date.parse(hold.end) })),
  }
}

export type Standing = { kind: 'recorded'; span: Recorded } | { kind: 'gap'; span: Missing } | { kind: 'unknown' }

export function standingAt(coverage: Coverage | undefined, at: number): Standing {
  if (!coverage || at < coverage.start) return { kind: 'unknown' }
  const span = lastFrom(coverage.recorded, at)
  if (span && (at < span.end || (span.open && at < span.end + GROWS_ON_MS))) return { kind: 'recorded', span }
  const gap = lastFrom(coverage.gaps, at)
  if (gap && at < gap.end) return { kind: 'gap', span: gap }
  // A hole too short to be told of belongs to the footage before it.
  if (span && at - span.end < JOIN_MS) return { kind: 'recorded', span }
  // What lasted at the end of the answer lasts on until the next one tells otherwise.
  if (gap && at >= coverage.end && gap.end >= coverage.end - JOIN_MS) return { kind: 'gap', span: gap }
  return { kind: 'unknown' }
}

/** The first moment from `at` on at which any of them has footage; null when none has within what is known. */
export function nextFootage(coverages: readonly Coverage[], at: number): number | null {
  const found = coverages.flatMap(({ recorded }) => {
    const span = recorded.find((one) => one.end > at)
    return span ? [Math.max(at, span.start)] : []
  })
  return found.length > 0 ? Math.min(...found) : null
}

/** A gap that reaches so near to the present has not ended; nor one that a long timeline ends with, which is read once a minute. */
const LASTING_MS = 20_000
const READ_MS = 120_000

/** Where `gap` begins and ends as `coverage` knows; null: before or after all that it knows. */
export function boundsOf(gap: Missing, coverage: Coverage | undefined, now: number): { start: number | null; end: number | null; lasts: boolean } {
  const wide = coverage ? standingAt(coverage, (gap.start + gap.end) / 2) : null
  const whole = wide?.kind === 'gap' ? wide.span : gap
  const known = (at: number, edge: number | undefined) => (!whole.cut || (coverage && at !== edge) ? at : null)
  const lasts = now - whole.end < LASTING_MS || (coverage !== undefined && whole.end >= coverage.end && now - coverage.end < READ_MS)
  return { start: known(whole.start, coverage?.start), end: lasts ? null : known(whole.end, coverage?.end), lasts }
}

/** Persons counted around `at`: the most at once in its minute. */
export function personsAt(coverage: Coverage | undefined, at: number): number | null {
  if (!coverage) return null
  const index = lowerBound(coverage.countAt, at + 1) - 1
  const time = coverage.countAt[index]
  return time !== undefined && at - time < 60_000 ? (coverage.countMax[index] ?? null) : null
}

/** The first index whose value is not below `value`. */
export function lowerBound(values: ArrayLike<number>, value: number): number {
  let [low, high] = [0, values.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((values[middle] ?? 0) < value) low = middle + 1
    else high = middle
  }
  return low
}

function lastFrom<T extends { start: number }>(spans: readonly T[], at: number): T | undefined {
  let [low, high] = [0, spans.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((spans[middle]?.start ?? Infinity) <= at) low = middle + 1
    else high = middle
  }
  return spans[low - 1]
}
