// The video element's time and the footage's: a playlist puts stretches end to end, their dates tell them apart. Pure.

export interface Fragment {
  /** Seconds on the element's time line. */
  start: number
  duration: number
  programDateTime: number | null
  /** Its number in the list. */
  sn?: number
  /** The address: fragments of one file share what is before the question mark. */
  relurl?: string | undefined
}

export interface Span {
  start: number
  end: number
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
  const begun = (one: Fragment) => (one.programDateTime ?? Infinity) <= utc
  const fragment = last(fragments, begun)
  if (fragment && fragment.programDateTime !== null) {
    const inside = (utc - fragment.programDateTime) / 1000
    // The very end is already the next one's first frame, or nobody's.
    if (inside <= fragment.duration + ROUNDING_MS / 1000) return fragment.start + Math.min(inside, fragment.duration - 0.001)
  }
  const next = fragments[fragment ? fragments.indexOf(fragment) + 1 : 0]
  return next && next.programDateTime !== null && next.programDateTime - utc <= ROUNDING_MS ? next.start : null
}

/** UTC span from (a little before) the fragment at index `first` to the end of its file; null where nothing is dated. */
export function restOfFile(fragments: readonly Fragment[], first: number): Span | null {
  const file = (one: Fragment | undefined) => one?.relurl?.split('?')[0]
  const begin = fragments[first]
  let last = first
  while (last + 1 < fragments.length && file(fragments[last + 1]) === file(begin)) last += 1
  const end = fragments[last]
  if (!begin || begin.programDateTime === null || !end || end.programDateTime === null) return null
  return { start: begin.programDateTime - 2 * ROUNDING_MS, end: end.programDateTime + end.duration * 1000 + ROUNDING_MS }
}
