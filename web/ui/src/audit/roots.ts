// What of the day roots has left the house, and what has not. Pure.
import type { DayRoot } from '../api/audit'

export const CHANNELS = ['drop', 'syslog', 'mail'] as const

/** A day's root is sent after midnight; before it is missed, the sending has this long. */
const GRACE_MS = 3_600_000

export interface Unsent {
  channel: string
  /** Oldest first. */
  days: string[]
}

/** The channels that the service names, in our order; one that it adds comes last. */
export function channelsOf(roots: readonly DayRoot[]): string[] {
  const named = new Set(roots.flatMap((root) => Object.keys(root.sent)))
  return [...CHANNELS.filter((one) => named.has(one)), ...[...named].filter((one) => !(CHANNELS as readonly string[]).includes(one))]
}

export const hasEverSent = (roots: readonly DayRoot[], channel: string) => roots.some((root) => root.sent[channel])

/** Days that a channel has missed although it has sent others; `dayEnd`: when a day is over, UTC in ms. */
export function unsentOf(roots: readonly DayRoot[], now: number, dayEnd: (day: string) => number): Unsent[] {
  return channelsOf(roots).flatMap((channel) => {
    if (!hasEverSent(roots, channel)) return []
    const missed = roots.filter((root) => !root.sent[channel] && now - dayEnd(root.day) > GRACE_MS)
    // Before its first it was not set up.
    const first = roots.filter((root) => root.sent[channel]).map((root) => root.day).sort()[0] ?? ''
    const days = missed.map((root) => root.day).filter((day) => day > first).sort()
    return days.length > 0 ? [{ channel, days }] : []
  })
}

/** Nothing of all of it has ever left: whoever has the server has the log. */
export function isAlone(roots: readonly DayRoot[], now: number, dayEnd: (day: string) => number): boolean {
  const due = roots.filter((root) => now - dayEnd(root.day) > GRACE_MS)
  return due.length > 0 && !channelsOf(roots).some((channel) => hasEverSent(roots, channel))
}
