// How many persons several cameras see together, where some of them may not know. Pure.

export interface PersonsThere {
  count: number
  /** The word for it: all cameras know, some do, none does. */
  known: 'persons' | 'personsAtLeast' | 'countUnknown'
}

/** `counts`: of each camera, null where it is lost or covered: a sum without it is a lower bound, and said as one. */
export function personsThere(counts: readonly (number | null)[]): PersonsThere {
  const known = counts.filter((one) => one !== null)
  const count = known.reduce((sum, one) => sum + one, 0)
  if (known.length === counts.length) return { count, known: 'persons' }
  return { count, known: count > 0 ? 'personsAtLeast' : 'countUnknown' }
}
