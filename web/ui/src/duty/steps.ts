// The steps while they are edited: what may be done to them, what is wrong, how two versions differ. Pure.
import type { Severity } from '../api/types'
import { DUTIES, GROUPS, SEVERITIES, type Duty, type Group, type Ladder, type Policy } from './types'

/** As web/duty/policy.py has it, in seconds. */
export const LIMITS = { after: [0, 86_400], repeat: [60, 86_400], cooldown: [0, 3600] } as const

export const equal = (a: unknown, b: unknown): boolean => JSON.stringify(canonical(a)) === JSON.stringify(canonical(b))

/** Whatever order the service writes a ladder's parts in. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a.localeCompare(b)).map(([key, inner]) => [key, canonical(inner)]))
}

export const withLadder = (policy: Policy, group: Group, severity: Severity, ladder: Ladder | null): Policy =>
  ({ ...policy, [group]: { ...policy[group], [severity]: ladder } })

export const unused = ({ rungs }: Ladder): Duty[] => DUTIES.filter((duty) => !rungs.some((rung) => rung.duty === duty))

/** Where nobody was called before. */
export const FRESH: Record<Group, Ladder> = {
  security: { rungs: [{ duty: 'officer', after_s: 0 }], repeat_s: null, cooldown_s: 300, until_over: false },
  technical: { rungs: [{ duty: 'technician', after_s: 0 }], repeat_s: null, cooldown_s: 900, until_over: true },
}

export function withRung(ladder: Ladder): Ladder {
  const [duty] = unused(ladder)
  return duty ? { ...ladder, rungs: [...ladder.rungs, { duty, after_s: 300 }] } : ladder
}

/** Up by one, or down: the deadlines stay where they are, the duties change places. */
export function moved(ladder: Ladder, index: number, by: -1 | 1): Ladder {
  const [one, other] = [ladder.rungs[index], ladder.rungs[index + by]]
  if (!one || !other) return ladder
  const rungs = [...ladder.rungs]
  rungs[index] = { ...one, duty: other.duty }
  rungs[index + by] = { ...other, duty: one.duty }
  return { ...ladder, rungs }
}

export const without = (ladder: Ladder, index: number): Ladder => ({ ...ladder, rungs: ladder.rungs.filter((_, at) => at !== index) })

const fits = (value: number, [least, most]: readonly [number, number]) => Number.isInteger(value) && value >= least && value <= most

/** Whether the service would take it. */
export function sound(ladder: Ladder): boolean {
  return ladder.rungs.length > 0 && ladder.rungs.every(({ after_s }) => fits(after_s, LIMITS.after)) && new Set(ladder.rungs.map(({ duty }) => duty)).size === ladder.rungs.length
    && (ladder.repeat_s === null || fits(ladder.repeat_s, LIMITS.repeat)) && fits(ladder.cooldown_s, LIMITS.cooldown)
}

export interface Place {
  group: Group
  severity: Severity
}

export const PLACES: readonly Place[] = GROUPS.flatMap((group) => SEVERITIES.map((severity) => ({ group, severity })))

/** Which of the ladders are not the same. */
export const differences = (a: Policy, b: Policy): Place[] => PLACES.filter(({ group, severity }) => !equal(a[group][severity], b[group][severity]))

/** Mine over theirs where only one of us changed a ladder; null: both changed the same one, each in another way. */
export function together(base: Policy, mine: Policy, theirs: Policy): Policy | null {
  let result = theirs
  for (const { group, severity } of differences(base, mine)) {
    const wanted = mine[group][severity]
    if (!equal(base[group][severity], theirs[group][severity]) && !equal(wanted, theirs[group][severity])) return null
    result = withLadder(result, group, severity, wanted)
  }
  return result
}
