// What differs between two states of a camera's zones and rules, item by item. Pure.
import type { Analysis, Rule, Zone } from '../../api/types'
import { meaning, ruleMeaning } from './draft'
import { faultsOf } from './validation'

export interface Difference {
  what: 'zone' | 'rule'
  how: 'added' | 'removed' | 'changed'
  /** As it is afterwards, or was where it is gone. */
  item: Zone | Rule
  /** As a changed one was before. */
  was?: Zone | Rule
}

const zoneMeaning = ({ polygon, points, ...rest }: Zone) => meaning(rest) + JSON.stringify(polygon ?? points ?? [])

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
    else if (said(was) !== said(item)) found.push({ what, how: 'changed', item, was })
  }
  for (const item of before) if (!kept.has(item.id)) found.push({ what, how: 'removed', item })
  return found
}

export const same = (before: Analysis, after: Analysis) => differences(before, after).length === 0

const key = (one: Difference) => `${one.what} ${one.item.id}`

/** What was changed from `base` on both sides, and not to the same: by `key` of its differences. */
export function clashes(base: Analysis, mine: Analysis, theirs: Analysis): Set<string> {
  const apart = new Set(differences(mine, theirs).map(key))
  const ours = new Set(differences(base, mine).map(key))
  return new Set(differences(base, theirs).map(key).filter((one) => ours.has(one) && apart.has(one)))
}

export const clashing = (one: Difference, found: ReadonlySet<string>) => found.has(key(one))

/** Theirs with what I changed from `base` put on top of it; where both changed the same, mine stands. Null where that does not fit together. */
export function onTop(base: Analysis, mine: Analysis, theirs: Analysis): Analysis | null {
  const ours = new Map(differences(base, mine).map((one) => [key(one), one]))
  const take = <T extends Zone | Rule>(what: Difference['what'], list: T[]): T[] => {
    const there = new Set(list.map((item) => item.id))
    return [
      ...list.flatMap((item) => {
        const change = ours.get(`${what} ${item.id}`)
        return !change ? [item] : change.how === 'removed' ? [] : [change.item as T]
      }),
      ...[...ours.values()].flatMap((one) => (one.what === what && one.how !== 'removed' && !there.has(one.item.id) ? [one.item as T] : [])),
    ]
  }
  const both = { zones: take('zone', theirs.zones), rules: take('rule', theirs.rules) }
  return faultsOf(both, theirs).none ? both : null
}
