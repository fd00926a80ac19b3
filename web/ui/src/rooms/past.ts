// How an opening that is over came to its end. Pure.
import type { Opening } from './openings'

export interface End {
  at: string
  /** Its time ran out; closed by who had opened it, by somebody else; went on with another one. */
  how: 'expired' | 'self' | 'other' | 'extended'
}

/** `among`: the openings that are known: one made at the moment of this one's end by the same person went on with it. */
export function howEnded(one: Opening, among: readonly Opening[]): End {
  if (one.closed_at === null) return { at: one.until, how: 'expired' }
  const next = among.some((other) => other.camera === one.camera && other.user === one.user && other.opened_at === one.closed_at)
  return { at: one.closed_at, how: next ? 'extended' : one.closed_by === one.user ? 'self' : 'other' }
}
