// The alert filter in the address, and back. Days are the facility's days. Pure but for the time zone.
import { dayStart } from '../time/format'
import type { AlertFilter } from './merge'

export const KINDS = ['zone_breach', 'line_crossing', 'occupancy', 'absence', 'loitering', 'tamper', 'camera_offline'] as const
export const STATES = ['open', 'ended', 'acknowledged', 'resolved'] as const
export const SEVERITIES = ['critical', 'warning', 'info'] as const

const DAY = /^\d{4}-\d{2}-\d{2}$/

export function filterOf(search: URLSearchParams): AlertFilter {
  const filter: AlertFilter = {}
  for (const name of ['site', 'camera', 'kind', 'state', 'severity'] as const) {
    const value = search.get(name)
    if (value) filter[name] = value
  }
  const from = search.get('from')
  const to = search.get('to')
  if (from && DAY.test(from)) filter.start = dayStart(from)
  if (to && DAY.test(to)) filter.end = dayStart(to, 1)
  return filter
}

export const isFiltered = (filter: AlertFilter) => Object.keys(filter).length > 0
