// What of the day roots has left the house, and what has not. Pure.
import type { AuditHead } from '../api/audit'

/** A day's root is sent after midnight; before it is missed, the sending has this long. */
const GRACE_MS = 3_600_000

export interface Unsent {
  channel: string
  /** Oldest first. */
  days: string[]
  /** What stands in the way, as the service says it; null: it does not know. */
  error: string | null
}

/** The channels that are configured, and those that are not any more but have taken a root that is shown. */
export function channelsOf({ roots, channels }: AuditHead): string[] {
  const configured = channels.map((one) => one.channel)
  const before = roots.flatMap((root) => Object.keys(root.sent).filter((one) => root.sent[one]))
  return [...new Set([...configured, ...before])]
}

/** Days that a configured channel should have taken by now; `dayEnd`: when a day is over, UTC in ms. */
export function unsentOf({ roots, channels }: AuditHead, now: number, dayEnd: (day: string) => number): Unsent[] {
  return channels.flatMap(({ channel, error }) => {
    const days = roots.filter((root) => !root.sent[channel] && now - dayEnd(root.day) > GRACE_MS).map((root) => root.day).sort()
    return days.length > 0 ? [{ channel, days, error }] : []
  })
}
