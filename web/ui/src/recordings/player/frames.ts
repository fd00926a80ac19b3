// Frame by frame: which frame comes after, or before, the one at a moment. Pure; pictures are looked up by who asks.
import { secondsOf, utcOf, type Fragment } from './mediaMap'

/** By a fragment's number in the list: when each of its frames begins, in seconds after it does, in order of time. */
export type FrameTimes = ReadonlyMap<number, readonly number[]>

/** So far into a frame, because at its edge rounding would decide; not farther, because the next file's times may begin earlier. */
const INSIDE_S = 0.005
/** Nearer than this is the same. */
const SAME_S = 1e-4

/** UTC of the frame after (or before) that at `utc`; null where it is not known: it is not loaded, or there is none. */
export function neighbourOf(fragments: readonly Fragment[], times: FrameTimes, utc: number, direction: 1 | -1): number | null {
  let seconds = secondsOf(fragments, utc)
  while (seconds !== null) {
    seconds = neighbour(fragments, times, seconds, direction)
    if (seconds === null) return null
    const found = utcOf(fragments, seconds)
    const back = found === null ? null : secondsOf(fragments, found)
    // Where two files claim the moment, the frame cannot be gone to: the one behind it is.
    if (back !== null && Math.abs(back - seconds) < SAME_S) return found
  }
  return null
}

function neighbour(fragments: readonly Fragment[], times: FrameTimes, seconds: number, direction: 1 | -1): number | null {
  const here = fragments.findLastIndex((one) => one.start <= seconds + SAME_S)
  const known = (one: Fragment | undefined) => (one?.sn === undefined ? undefined : times.get(one.sn))
  if (!known(fragments[here])) return null
  // Of a fragment that is not loaded it is known where its first frame begins, and its last one ends.
  const around = fragments.slice(Math.max(0, here - 1), here + 2)
  const starts = around.flatMap((one) => (known(one) ?? [0]).map((at) => one.start + at)).sort((a, b) => a - b)
  const current = starts.findLastIndex((at) => at <= seconds + SAME_S)
  const begin = starts[current + direction]
  if (begin === undefined) return null
  const before = fragments[here - 1]
  if (direction < 0 && before && begin === before.start && !known(before)) {
    const [start, next] = [starts[current] ?? 0, starts[current + 1] ?? Infinity]
    return start - Math.min(0.02, (next - start) / 2)
  }
  const end = starts[current + direction + 1] ?? Infinity
  return begin + Math.min(INSIDE_S, (end - begin) / 2)
}

const USUAL_MS = 40
/** Nothing that is recorded shows a picture for longer. */
const LONGEST_MS = 10_000

/**
 * The frame after `frame`, where pictures have to be asked for: `look` gives the time of the frame that is shown at a moment.
 * What is found farther on is the next one only if the frame before it is this one.
 */
export async function frameAfter(frame: number, lengthMs: number | null, look: (at: number) => Promise<number>): Promise<number | null> {
  for (let ahead = (lengthMs ?? USUAL_MS) * 1.5; ahead < LONGEST_MS; ahead *= 2) {
    let found = await look(Math.round(frame + ahead))
    if (found <= frame) continue
    for (let before = await look(found - 1); before > frame; before = await look(found - 1)) found = before
    return found
  }
  return null
}
