// What is wrong with a draft, where, and why it cannot be saved. The words are the catalogue's `wrong`. Pure.
import type { Analysis, Rule, Zone } from '../../api/types'
import { areaOf, crossings, isLine, pointsOf } from '../geometry'
import { cornersOf, fits, MOST_ITEMS, ruleMeaning, zoneOf } from './draft'
import { isMask, MOST_MASKS } from './masks'

export type ZoneFault = 'crossing' | 'noArea' | 'fewCorners' | 'manyCorners' | 'sameCorner'
export type RuleField = 'kind' | 'zone' | 'schedule' | 'dwell_s' | 'rearm_s' | 'min' | 'max'
export type RuleFault =
  | 'noKind' | 'twice' | 'noZone' | 'zoneGone' | 'zoneUnfit' | 'hours' | 'sameHours' | 'seconds' | 'count' | 'minOrMax' | 'minAboveMax'
export type RuleFaults = Partial<Record<RuleField, RuleFault>>

export interface Faults {
  zones: Map<string, ZoneFault>
  rules: Map<string, RuleFaults>
  /** Those whose fault is stored already: the service leaves zones be until they are drawn anew, rules until they are changed. */
  old: { zones: Set<string>; rules: Set<string> }
  /** More than the service takes. */
  tooMany: boolean
  /** How many stand in the way of saving. */
  count: number
  none: boolean
}

/** The greatest duration and count that the service takes. */
const MOST_SECONDS = 86_400
const MOST_PERSONS = 10_000
/** A shape smaller than this share of the picture is a slip of the hand. */
const LEAST_AREA = 1e-5
/** What the service took once; every other fault it refuses in an old rule too. */
const ONCE_TAKEN: readonly RuleFault[] = ['twice', 'sameHours']

export function faultsOf(draft: Analysis, stored: Analysis): Faults {
  const zones = new Map<string, ZoneFault>()
  const old: Faults['old'] = { zones: new Set(), rules: new Set() }
  const rules = new Map<string, RuleFaults>()
  for (const zone of draft.zones) {
    const fault = zoneFault(zone)
    if (!fault) continue
    zones.set(zone.id, fault)
    const before = zoneOf(stored, zone.id)
    if (before && isLine(before) === isLine(zone) && JSON.stringify(pointsOf(before)) === JSON.stringify(pointsOf(zone))) old.zones.add(zone.id)
  }
  const storedRules = new Set(stored.rules.map(ruleMeaning))
  for (const rule of draft.rules) {
    const faults = ruleFaults(rule, draft)
    const found = Object.values(faults)
    if (found.length === 0) continue
    rules.set(rule.id, faults)
    if (storedRules.has(ruleMeaning(rule)) && found.every((fault) => ONCE_TAKEN.includes(fault))) old.rules.add(rule.id)
  }
  const masks = draft.zones.filter(isMask).length
  const tooMany = draft.zones.length - masks > MOST_ITEMS || masks > MOST_MASKS || draft.rules.length > MOST_ITEMS
  const count = zones.size - old.zones.size + rules.size - old.rules.size
  return { zones, rules, old, tooMany, count, none: count === 0 && !tooMany }
}

export function zoneFault(zone: Zone): ZoneFault | null {
  const points = pointsOf(zone)
  const [fewest, most] = cornersOf(zone.kind)
  if (points.length < fewest) return 'fewCorners'
  if (points.length > most) return 'manyCorners'
  if (points.some(([x, y], index) => points.slice(index + 1).some((other) => other[0] === x && other[1] === y))) return 'sameCorner'
  // A line may cross itself: each of its stretches still has two sides.
  if (isLine(zone)) return null
  if (crossings(points, true).length > 0) return 'crossing'
  return areaOf(points) < LEAST_AREA ? 'noArea' : null
}

export function ruleFaults(rule: Rule, draft: Analysis): RuleFaults {
  const faults: RuleFaults = {}
  if (rule.kind === '') faults.kind = 'noKind'
  // Two may come together where somebody else's rules are merged with one's own.
  if (rule.kind === 'camera_offline' && draft.rules.some((other) => other.kind === rule.kind && other.id !== rule.id)) faults.kind = 'twice'
  const zone = zoneOf(draft, rule.zone)
  if (rule.zone === undefined) {
    if (!fits(rule.kind, null)) faults.zone = 'noZone'
  } else if (!zone) faults.zone = 'zoneGone'
  else if (isMask(zone) || rule.kind === 'line_crossing' !== isLine(zone)) faults.zone = 'zoneUnfit'
  if (rule.schedule !== undefined) {
    const hours = hoursOf(rule.schedule)
    if (!hours) faults.schedule = 'hours'
    else if (hours[0] === hours[1]) faults.schedule = 'sameHours'
  }
  for (const name of ['dwell_s', 'rearm_s'] as const) {
    const value = rule[name]
    if (value !== undefined && !(value >= 0 && value <= MOST_SECONDS)) faults[name] = 'seconds'
  }
  for (const name of ['min', 'max'] as const) {
    const value = rule[name]
    if (value !== undefined && !(Number.isInteger(value) && value >= 0 && value <= MOST_PERSONS)) faults[name] = 'count'
  }
  if (rule.kind === 'occupancy' && !faults.min && !faults.max) {
    if (rule.min === undefined && rule.max === undefined) faults.max = 'minOrMax'
    else if ((rule.min ?? 0) > (rule.max ?? Infinity)) faults.max = 'minAboveMax'
  }
  return faults
}

const HOURS = /^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/

/** Both ends of `HH:MM-HH:MM`; null when it is not that. */
export function hoursOf(schedule: string): readonly [string, string] | null {
  const [from, to] = schedule.split('-')
  return HOURS.test(schedule) && from && to ? [from, to] : null
}

/** A time of day as people type it: 7, 7:30, 0730, 7h30, 22h; null when it is none. */
export function timeOfDay(text: string): string | null {
  const compact = /^(\d{2})(\d{2})$/.exec(text.trim())
  const parts = compact ?? /^(\d{1,2})(?:\s*[:h.]\s*(\d{2})?)?$/i.exec(text.trim())
  if (!parts) return null
  const [hour, minute] = [Number(parts[1]), Number(parts[2] ?? 0)]
  if (hour > 23 || minute > 59) return null
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`
}

/** A number as people type it, with a comma or a point; `undefined` for nothing, NaN for what is no number. */
export function numberOf(text: string): number | undefined {
  const trimmed = text.trim()
  if (trimmed === '') return undefined
  return /^\d+([.,]\d+)?$/.test(trimmed) ? Number(trimmed.replace(',', '.')) : NaN
}
