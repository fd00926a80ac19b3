// What may be done to a camera's zones and rules while they are edited: each a new draft from the one before. Pure.
import { plain } from '../../shell/plainText'
import type { Analysis, Point, Rule, Zone, ZoneKind } from '../../api/types'
import { pointsOf, settled, withPoints } from '../geometry'
import { isMask, maskId } from './masks'

export const ZONE_KINDS = ['restricted', 'area', 'line', 'mask'] as const satisfies readonly ZoneKind[]
export const RULE_KINDS = ['zone_breach', 'line_crossing', 'occupancy', 'absence', 'loitering', 'tamper', 'camera_offline'] as const
export type RuleKind = (typeof RULE_KINDS)[number]

/** Seconds that a condition must hold, and must not hold until it is over, where a rule of the kind does not say. */
const DWELL_S: Record<string, number> = { zone_breach: 1, line_crossing: 0, occupancy: 1, absence: 300, loitering: 60, tamper: 0, camera_offline: 8 }
const REARM_S: Record<string, number> = { zone_breach: 5, line_crossing: 15, occupancy: 5, absence: 5, loitering: 10, tamper: 30, camera_offline: 5 }
export const dwellOf = (rule: Pick<Rule, 'kind' | 'dwell_s'>) => rule.dwell_s ?? DWELL_S[rule.kind] ?? 1
export const rearmOf = (rule: Pick<Rule, 'kind' | 'rearm_s'>) => rule.rearm_s ?? REARM_S[rule.kind] ?? 5

/** Keys in order: what says the same reads the same. */
export const meaning = (item: object) => JSON.stringify(item, Object.keys(item).sort())
/** Equal for rules that mean the same, however much of it they spell out. */
export const ruleMeaning = (rule: Rule) => meaning({ direction: 'both', ...rule, dwell_s: dwellOf(rule), rearm_s: rearmOf(rule) })

/** Fewest and most corners, as the service takes them. */
export const cornersOf = (kind: ZoneKind) => (kind === 'line' ? ([2, 16] as const) : ([3, 64] as const))
export const MOST_ITEMS = 64

export const zoneOf = (draft: Analysis, id: string | undefined) => draft.zones.find((zone) => zone.id === id)
export const rulesOn = (draft: Analysis, zone: string) => draft.rules.filter((rule) => rule.zone === zone)

/** An id that reads like the name and was never there before: ids of what was deleted live on in old alerts. */
export function freshId(name: string, taken: readonly { id: string }[], random: () => number = Math.random): string {
  const word = plain(name).replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 40)
  for (;;) {
    const tail = Math.floor(random() * 36 ** 4).toString(36).padStart(4, '0')
    const id = word ? `${word}-${tail}` : `z${tail}`
    if (!taken.some((one) => one.id === id)) return id
  }
}

export function addZone(draft: Analysis, kind: ZoneKind, points: readonly Point[], name: string): { draft: Analysis; id: string } {
  const fresh = freshId(name, draft.zones)
  const id = kind === 'mask' ? maskId(fresh) : fresh
  const zone = withPoints({ id, kind, name }, points.map(settled))
  return { draft: { ...draft, zones: [...draft.zones, zone] }, id }
}

export function changeZone(draft: Analysis, id: string, change: (zone: Zone) => Zone): Analysis {
  return { ...draft, zones: draft.zones.map((zone) => (zone.id === id ? change(zone) : zone)) }
}

export const reshape = (draft: Analysis, id: string, points: readonly Point[]) => changeZone(draft, id, (zone) => withPoints(zone, points))

export function nameZone(draft: Analysis, id: string, name: string): Analysis {
  return changeZone(draft, id, ({ name: _, ...zone }) => (name.trim() === '' ? zone : { ...zone, name }))
}

/** With the rules that look at it: none may name a zone that is not there. */
export function removeZone(draft: Analysis, id: string): Analysis {
  return { zones: draft.zones.filter((zone) => zone.id !== id), rules: draft.rules.filter((rule) => rule.zone !== id) }
}

/** The corner gone, or the draft as it was where the shape would no longer be one. */
export function removeCorner(draft: Analysis, id: string, corner: number): Analysis {
  const zone = zoneOf(draft, id)
  if (!zone || pointsOf(zone).length <= cornersOf(zone.kind)[0]) return draft
  return reshape(draft, id, pointsOf(zone).filter((_, index) => index !== corner))
}

export function insertCorner(draft: Analysis, id: string, index: number, at: Point): Analysis {
  const zone = zoneOf(draft, id)
  if (!zone || pointsOf(zone).length >= cornersOf(zone.kind)[1]) return draft
  return reshape(draft, id, pointsOf(zone).toSpliced(index, 0, settled(at)))
}

export function moveCorner(draft: Analysis, id: string, corner: number, to: Point): Analysis {
  const zone = zoneOf(draft, id)
  return zone ? reshape(draft, id, pointsOf(zone).map((point, index) => (index === corner ? settled(to) : point))) : draft
}

/** About the whole camera, whatever is in its picture. */
export const ofCamera = (kind: string) => kind === 'tamper' || kind === 'camera_offline'

/** The kinds of rules that may look at a zone; `null`: at the whole picture. */
export function fits(kind: string, zone: Zone | null): boolean {
  if (kind === 'line_crossing') return zone?.kind === 'line'
  if (ofCamera(kind)) return zone === null
  if (zone === null) return kind === 'occupancy' || kind === 'absence'
  if (isMask(zone)) return false
  return zone.kind !== 'line'
}

/** What is to be drawn for a rule of the kind, where the camera has nothing that fits; null where it needs none. */
export const zoneFor = (kind: string): ZoneKind | null =>
  fits(kind, null) ? null : kind === 'line_crossing' ? 'line' : kind === 'zone_breach' ? 'restricted' : 'area'

/** The kinds of rules that can be made: where nothing can be drawn (`closed`), those that what is there allows; one of a lost camera. */
export const kindsFor = (draft: Analysis, closed: boolean): RuleKind[] =>
  RULE_KINDS.filter((kind) => kind === 'camera_offline'
    ? !draft.rules.some((rule) => rule.kind === kind)
    : !closed || zoneFor(kind) === null || draft.zones.some((zone) => fits(kind, zone)))

/** What a new rule of the kind says: its times are written out, so that it stays what was seen here. */
const startOf = (kind: RuleKind): Partial<Rule> => ({
  dwell_s: kind === 'occupancy' ? 10 : dwellOf({ kind }), rearm_s: rearmOf({ kind }),
  ...(kind === 'occupancy' ? { max: 5 } : {}), ...(kind === 'line_crossing' ? { direction: 'both' } : {}),
})

export function addRule(draft: Analysis, kind: RuleKind, zone: string | undefined): { draft: Analysis; id: string } {
  const id = freshId(kind, draft.rules)
  const rule: Rule = { id, kind, ...startOf(kind), ...(zone === undefined ? {} : { zone }) }
  return { draft: { ...draft, rules: [...draft.rules, rule] }, id }
}

/** `undefined` takes a value out: the service's default is in force then. */
export type RuleChange = { [name in keyof Rule]?: Rule[name] | undefined }

export function changeRule(draft: Analysis, id: string, change: RuleChange): Analysis {
  return { ...draft, rules: draft.rules.map((rule) => (rule.id === id ? merged(rule, change) : rule)) }
}

function merged(rule: Rule, change: RuleChange): Rule {
  return Object.fromEntries(Object.entries({ ...rule, ...change }).filter(([, value]) => value !== undefined)) as unknown as Rule
}

/** Another kind keeps when and how severe, and takes the rest from its own start; a zone that does not fit is let go. */
export function changeKind(draft: Analysis, id: string, kind: RuleKind): Analysis {
  return { ...draft, rules: draft.rules.map((rule) => {
    if (rule.id !== id || rule.kind === kind) return rule
    const zone = zoneOf(draft, rule.zone)
    const first = draft.zones.find((one) => fits(kind, one))
    const kept = zone && fits(kind, zone) ? zone.id : fits(kind, null) ? undefined : first?.id
    const { severity, schedule } = rule
    return merged({ id, kind, ...startOf(kind) }, { zone: kept, severity, schedule })
  }) }
}

export const removeRule = (draft: Analysis, id: string): Analysis => ({ ...draft, rules: draft.rules.filter((rule) => rule.id !== id) })
