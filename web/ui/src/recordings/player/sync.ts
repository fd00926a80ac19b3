// How a picture is kept in step with the playhead: by a little more or less speed, or by a jump. Pure.

/** Wall seconds: within this nothing is done, beyond that only a jump helps. */
const NEAR_S = 0.015
const FAR_S = 0.7
/** Nobody sees a tenth more or less; a quarter is for catching up. */
const MOST = 0.25
/** Browsers play no faster. */
export const FASTEST = 16

export type Nudge = { kind: 'rate'; rate: number } | { kind: 'seek' }

/** `errorMs`: how far the picture is ahead of the playhead, in the footage's time. */
export function nudge(errorMs: number, speed: number): Nudge {
  const wall = errorMs / 1000 / speed
  if (Math.abs(wall) > FAR_S) return { kind: 'seek' }
  if (Math.abs(wall) < NEAR_S) return { kind: 'rate', rate: speed }
  const change = Math.max(-MOST, Math.min(MOST, -wall))
  return { kind: 'rate', rate: Math.min(FASTEST, speed * (1 + change)) }
}

/**
 * How a picture stands to the playhead: shown; on its way; away until its server or recorder answers again; in a gap;
 * none to be had.
 */
export type Presence = 'shown' | 'coming' | 'lost' | 'gap' | 'none'

/** A picture that is longer away than this no longer holds the others up. */
const PATIENCE_MS = 8000

/** Whether the playhead waits: for what is on its way, and while nothing at all could be seen that may come. */
export function waits(pictures: readonly { presence: Presence; forMs: number }[]): boolean {
  if (pictures.some(({ presence, forMs }) => presence === 'coming' && forMs < PATIENCE_MS)) return true
  return pictures.every(({ presence }) => presence !== 'shown') && pictures.some(({ presence }) => presence === 'lost' || presence === 'coming')
}

/** How far the pictures are apart, in milliseconds of their time; null with fewer than two. */
export function skewOf(moments: readonly number[]): number | null {
  return moments.length < 2 ? null : Math.max(...moments) - Math.min(...moments)
}

/**
 * How far the playhead has to wait for its pictures: at the greatest speed one that is behind cannot catch up by
 * itself. Zero while the hindmost can.
 */
export function yielding(errorsMs: readonly number[], speed: number): number {
  if (speed < FASTEST || errorsMs.length === 0) return 0
  const hindmost = Math.min(...errorsMs)
  return hindmost < -NEAR_S * 1000 * speed ? hindmost : 0
}
