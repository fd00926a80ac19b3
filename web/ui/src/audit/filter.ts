// The filter of the log in the address, and back. Times are those of the facility's clocks. Pure but for the time zone.
import type { AuditFilter } from '../api/audit'
import { zoneOffset } from '../time/format'

export const FIELDS = ['user', 'action', 'site', 'camera', 'outcome', 'q'] as const
export const TIMES = ['start', 'end'] as const
/** What takes every one of them out of the address. */
export const UNFILTERED = Object.fromEntries([...FIELDS, ...TIMES].map((name) => [name, null]))

/** `2026-11-23T21:05` on the facility's clocks, as UTC; null for what is no time: addresses are typed, too. */
export function utcOf(text: string | null): string | null {
  if (!text || !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(text)) return null
  const shown = Date.parse(`${text}Z`)
  if (Number.isNaN(shown)) return null
  return new Date(shown - zoneOffset(shown - zoneOffset(shown))).toISOString()
}

export function filterOf(search: URLSearchParams): AuditFilter {
  const filter: AuditFilter = {}
  for (const name of FIELDS) {
    const value = search.get(name)?.trim()
    if (value) filter[name] = value
  }
  for (const name of TIMES) {
    const at = utcOf(search.get(name))
    if (at) filter[name] = at
  }
  return filter
}
