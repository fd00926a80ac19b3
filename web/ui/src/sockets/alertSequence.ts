// Which messages of /ws/alerts are news. Pure: the socket and the caches live elsewhere.
import type { StreamEvent } from '../api/types'

export interface Position {
  seq: number | null
  epoch: string | null
}

export const unknownPosition: Position = { seq: null, epoch: null }

export type Verdict = 'apply' | 'ignore' | 'reset'

/**
 * `reset` moves to the head it names, even backwards, and the lists are read anew. Another epoch without a reset is
 * treated the same: numbers of two epochs cannot be compared. What was seen already is ignored, so that a server
 * that repeats after a reconnect changes nothing.
 */
export function take(position: Position, event: StreamEvent): { position: Position; verdict: Verdict } {
  const next = { seq: event.seq, epoch: event.epoch ?? null }
  if (event.type === 'reset') return { position: next, verdict: 'reset' }
  if (position.epoch !== null && next.epoch !== null && position.epoch !== next.epoch) {
    return { position: next, verdict: 'reset' }
  }
  if (position.seq !== null && event.seq <= position.seq) return { position, verdict: 'ignore' }
  return { position: next, verdict: 'apply' }
}

/** `beatS`: the server says something at least this often, so that silence tells of a dead connection. */
export function streamPath(position: Position, beatS: number): string {
  if (position.seq === null) return `/ws/alerts?beat=${beatS}`
  const epoch = position.epoch === null ? '' : `&epoch=${encodeURIComponent(position.epoch)}`
  return `/ws/alerts?beat=${beatS}&since=${position.seq}${epoch}`
}
