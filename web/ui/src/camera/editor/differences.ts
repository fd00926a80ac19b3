// What differs between two states of a camera's zones and rules, item by item. Pure.
import type { Analysis, Rule, Zone } from '../../api/types'
import { dwellOf, rearmOf } from './draft'
import { faultsOf } from './validation'

export interface Difference {
  what: 'zone' | 'rule'
  how: 'added' | 'removed' | 'changed'
  /** As it is afterwards, or was where it is gone. */
  item: Zone | Rule
}

/** Keys in order: what says the same reads the same. */
const meaning = (item: object) => JSON.stringify(item, Object.keys(item).sort())

const zoneMeaning = ({ polygon, points, ...rest }: Zone) => meaning(rest) + JSON.stringify(polygon ?? points ?? [])
/** Equal for rules that mean the same, however much of it they spell out. */
export const ruleMeaning = (rule: Rule) => meaning({ direction: 'both', ...rule, dwell_s: dwellOf(rule), rearm_s: rearmOf(rule) })

export function differences(before: Analysis, after: Analysis): Difference[] {
  return [
    ...between('zone', before.zones, after.zones, zoneMeaning),
    ...between('rule', before.rules, after.rules, ruleMeaning),
  ]
}

function between<T extends Zone | Rule>(what: Difference['what'], before: T[], after: T[], said: (item: T) => string): Difference[] {
  const old = new Map(before.map((item) => [item.id, item]))
  const kept = new Set(after.map((item) => item.id))
  const found: Difference[] = []
  for (const item of after) {
    const was = old.get(item.id)
    if (!was) found.push({ what, how: 'added', item })
    else if (said(was) !== said(item)) found.push({ what, how: 'changed', item })
  }
  for (const item of before) if (!kept.has(item.id)) found.push({ what, how: 'removed', item })
  return found
}

export const same = (before: Analysis, after: Analysis) => differences(before, after).length === 0

/** Mine and theirs in one, both drawn upon `base`; null where both changed the same item, or what is left does not fit together. */
export function merged(base: Analysis, mine: Analysis, theirs: Analysis): Analysis | null {
  const key = (one: Difference) => `${one.what} ${one.item.id}`
  const ours = new Map(differences(base, mine).map((one) => [key(one), one]))
  if (differences(base, theirs).some((one) => ours.has(key(one)))) return null
  const take = <T extends Zone | Rule>(what: Difference['what'], list: T[]): T[] => [
    ...list.flatMap((item) => {
      const change = ours.get(`${what} ${item.id}`)
      return !change ? [item] : change.how === 'removed' ? [] : [change.item as T]
    }),
    ...[...ours.values()].flatMap((one) => (one.what === what && one.how === 'added' ? [one.item as T] : [])),
  ]
  const both = { zones: take('zone', theirs.zones), rules: take('rule', theirs.rules) }
  return faultsOf(both).none ? both : null
}
