// How a newer word about an alert changes lists that are already on the screen. Pure.
import type { Alert, AlertState } from '../api/types'

export interface AlertFilter {
  site?: string
  camera?: string
  /** One or several, with commas. */
  kind?: string
  /** One or several, with commas. */
  state?: string
  ongoing?: 'true' | 'false'
  severity?: string
  quiet?: 'true'
  start?: string
  end?: string
}

const rank: Record<AlertState, number> = { open: 0, ended: 1, acknowledged: 2, resolved: 3 }

/** The one that tells more. A reply that was under way while an event came must not turn the clock back. */
export function newer(held: Alert, incoming: Alert): Alert {
  if (rank[incoming.state] !== rank[held.state]) return rank[incoming.state] > rank[held.state] ? incoming : held
  if (incoming.steps.length !== held.steps.length) return incoming.steps.length > held.steps.length ? incoming : held
  return held.ended_at && !incoming.ended_at ? held : incoming
}

export function matches(alert: Alert, filter: AlertFilter): boolean {
  if (filter.site && alert.site !== filter.site) return false
  if (filter.camera && alert.camera !== filter.camera) return false
  if (filter.kind && !filter.kind.split(',').includes(alert.kind)) return false
  if (filter.state && !filter.state.split(',').includes(alert.state)) return false
  if (filter.ongoing && (alert.ended_at === null) !== (filter.ongoing === 'true')) return false
  if (filter.severity && alert.severity !== filter.severity) return false
  if (filter.quiet && !alert.quiet) return false
  const at = Date.parse(alert.opened_at)
  if (filter.start && at < Date.parse(filter.start)) return false
  if (filter.end && at >= Date.parse(filter.end)) return false
  return true
}

export function newestFirst(a: Alert, b: Alert): number {
  return Date.parse(b.opened_at) - Date.parse(a.opened_at) || (a.id < b.id ? 1 : -1)
}

/** The list with `alert` in its place: replaced, added, or taken out when the filter no longer wants it. */
export function merge(list: readonly Alert[], alert: Alert, filter: AlertFilter): Alert[] {
  const at = list.findIndex((held) => held.id === alert.id)
  const held = list[at]
  const current = held ? newer(held, alert) : alert
  if (!matches(current, filter)) return held ? list.filter((other) => other.id !== alert.id) : (list as Alert[])
  if (held) return list.map((other, index) => (index === at ? current : other))
  return [...list, current].sort(newestFirst)
}
