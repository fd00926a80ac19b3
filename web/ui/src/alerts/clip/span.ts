// Which stretch of footage belongs to an alert. Pure.
import type { Alert } from '../../api/types'

/** Before an alert was raised something led to it. */
const BEFORE_MS = 10_000
const AFTER_MS = 5_000
/** Of what lasts for hours a clip shows how it was raised; the rest is on the page of the recordings. */
const LONGEST_MS = 5 * 60_000

/** `latest`: the newest moment that can be shown. */
export function clipSpan(alert: Pick<Alert, 'opened_at' | 'ended_at' | 'clip'>, latest: number): { start: number; end: number } {
  const [raised, said] = [Date.parse(alert.opened_at), Date.parse(alert.clip?.start ?? '')]
  const start = said >= raised - LONGEST_MS / 2 ? said : raised - BEFORE_MS
  const over = alert.clip?.end ?? null
  const end = over !== null ? Date.parse(over) : alert.ended_at !== null ? Date.parse(alert.ended_at) + AFTER_MS : latest
  return { start, end: Math.max(start + 1000, Math.min(end, latest, start + LONGEST_MS)) }
}
