// The video element's time and the footage's: a playlist puts stretches end to end, their dates tell them apart. Pure.

export interface Fragment {
  /** Seconds on the element's time line. */
  start: number
  duration: number
  programDateTime: number | null
}

/** Dates are whole milliseconds and lengths are rounded: so much between two neighbours is nothing. */
const ROUNDING_MS = 120

function last(fragments: readonly Fragment[], fits: (one: Fragment) => boolean): Fragment | undefined {
  let [low, high] = [0, fragments.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const one = fragments[middle]
    if (one && fits(one)) low = middle + 1
    else high = middle
  }
  return fragments[low - 1]
}

/** UTC in milliseconds of what the element shows at `seconds`; null before anything is known. */
export function utcOf(fragments: readonly Fragment[], seconds: number): number | null {
  const fragment = last(fragments, (one) => one.start <= seconds + 1e-4) ?? fragments[0]
  if (!fragment || fragment.programDateTime === null) return null
  return fragment.programDateTime + (seconds - fragment.start) * 1000
}

/** Where on the element's time line `utc` is; null where there is no footage. */
export function secondsOf(fragments: readonly Fragment[], utc: number): number | null {
  const fragment = last(fragments, (one) => (one.programDateTime ?? Infinity) <= utc + ROUNDING_MS)
  if (!fragment || fragment.programDateTime === null) return null
  const inside = (utc - fragment.programDateTime) / 1000
  if (inside > fragment.duration + ROUNDING_MS / 1000) return null
  // The very end is already the next one's first frame, or nobody's.
  return fragment.start + Math.max(0, Math.min(inside, fragment.duration - 0.001))
}
