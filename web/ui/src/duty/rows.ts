// The rows of the roster: which there are, what is in each, where one goes by the arrow keys; gaps put together. Pure.
import { lanesOf, union } from './geometry'
import type { Span } from './times'
import { DUTIES, OF_ALL_SITES, type Duty, type Gap, type Shift } from './types'

export interface Bar extends Span {
  shift: Shift
  lane: number
}

export interface Row {
  key: string
  site: string | null
  duty: Duty
  bars: Bar[]
  lanes: number
  gaps: Span[]
}

/** A gap of one duty at the same time at several sites. */
export interface GapGroup extends Span {
  duty: Duty
  sites: (string | null)[]
  stand_ins: string[]
}

export const spanOf = ({ start, end }: { start: string; end: string }): Span => ({ start: Date.parse(start), end: Date.parse(end) })
const keyOf = (site: string | null, duty: Duty) => `${site ?? '*'} ${duty}`

/**
 * First the duties of all sites, then those of each site in the order given. A site has a row for a duty of all sites
 * only where somebody has it there alone.
 */
export function rowsOf(sites: readonly string[], shifts: readonly Shift[], gaps: readonly Gap[]): Row[] {
  const of = new Map<string, Shift[]>()
  for (const shift of shifts) of.set(keyOf(shift.site, shift.duty), [...(of.get(keyOf(shift.site, shift.duty)) ?? []), shift])
  const shown = new Set<string | null>(sites)
  const row = (site: string | null, duty: Duty, missing: readonly Gap[]): Row => {
    const own = (of.get(keyOf(site, duty)) ?? []).map((shift) => ({ shift, ...spanOf(shift) }))
      .sort((a, b) => a.start - b.start || a.end - b.end || a.shift.user.localeCompare(b.shift.user))
    const lanes = lanesOf(own)
    return {
      key: keyOf(site, duty), site, duty, gaps: union(missing.map(spanOf)),
      bars: own.map((one, index) => ({ ...one, lane: lanes[index] ?? 0 })), lanes: Math.max(1, ...lanes.map((lane) => lane + 1)),
    }
  }
  const ofAll = (duty: Duty) => gaps.filter((gap) => gap.duty === duty && (gap.site === null || shown.has(gap.site)))
  const rows = OF_ALL_SITES.map((duty) => row(null, duty, ofAll(duty)))
  for (const site of sites) {
    for (const duty of DUTIES) {
      if (!OF_ALL_SITES.includes(duty)) rows.push(row(site, duty, gaps.filter((gap) => gap.site === site && gap.duty === duty)))
      else if (of.has(keyOf(site, duty))) rows.push(row(site, duty, []))
    }
  }
  return rows
}

/** Gaps of the same duty and time as one, by start. */
export function grouped(gaps: readonly Gap[]): GapGroup[] {
  const found = new Map<string, GapGroup>()
  for (const gap of gaps) {
    const key = [gap.duty, gap.start, gap.end, ...gap.stand_ins].join(' ')
    const held = found.get(key)
    if (held) held.sites.push(gap.site)
    else found.set(key, { ...spanOf(gap), duty: gap.duty, sites: [gap.site], stand_ins: gap.stand_ins })
  }
  return [...found.values()].sort((a, b) => a.start - b.start || DUTIES.indexOf(a.duty) - DUTIES.indexOf(b.duty))
}

export type Arrow = 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown'

/** The shift that an arrow leads to from one: along its row, or the nearest in time of the next row that has any. */
export function neighbour(rows: readonly Row[], id: string | null, arrow: Arrow): string | null {
  const filled = rows.filter(({ bars }) => bars.length > 0)
  const at = filled.findIndex(({ bars }) => bars.some(({ shift }) => shift.id === id))
  const row = filled[at]
  if (!row) return filled[0]?.bars[0]?.shift.id ?? null
  const place = row.bars.findIndex(({ shift }) => shift.id === id)
  const own = row.bars[place]
  if (arrow === 'ArrowLeft' || arrow === 'ArrowRight') return row.bars[place + (arrow === 'ArrowLeft' ? -1 : 1)]?.shift.id ?? id
  const next = filled[at + (arrow === 'ArrowUp' ? -1 : 1)]
  if (!next || !own) return id
  const middle = (own.start + own.end) / 2
  const far = (bar: Bar) => Math.max(0, bar.start - middle, middle - bar.end)
  return next.bars.reduce((best, bar) => (far(bar) < far(best) ? bar : best)).shift.id
}
