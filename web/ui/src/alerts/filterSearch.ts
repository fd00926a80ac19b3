// The alert filter in the address, and back. Days are the facility's days. Pure but for the time zone.
import { dayStart } from '../time/format'
import { ABOUT } from './kinds'
import type { AlertFilter } from './merge'

/** The tabs over the list. That an alert goes on and that nobody has taken it are two things. */
export const TABS = {
  ongoing: { ongoing: 'true' },
  untaken: { state: 'open,ended' },
  acknowledged: { state: 'acknowledged' },
  resolved: { state: 'resolved' },
} as const satisfies Record<string, AlertFilter>
export const SEVERITIES = ['critical', 'warning', 'info'] as const

/** A day that exists: addresses are typed, too. */
function isDay(text: string | null): text is string {
  if (!text || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const noon = new Date(`${text}T12:00:00Z`)
  return !Number.isNaN(noon.getTime()) && noon.toISOString().startsWith(text)
}

export function filterOf(search: URLSearchParams): AlertFilter {
  const filter: AlertFilter = {}
  for (const name of ['site', 'camera', 'kind', 'severity'] as const) {
    const value = search.get(name)
    if (value) filter[name] = value
  }
  const about = search.get('about')
  if (about && Object.hasOwn(ABOUT, about)) filter.kind ??= ABOUT[about as keyof typeof ABOUT]
  if (about === 'quiet') filter.quiet = 'true'
  const state = search.get('state')
  if (state) Object.assign(filter, Object.hasOwn(TABS, state) ? TABS[state as keyof typeof TABS] : { state })
  const from = search.get('from')
  const to = search.get('to')
  if (isDay(from)) filter.start = dayStart(from)
  if (isDay(to)) filter.end = dayStart(to, 1)
  return filter
}

export const isFiltered = (filter: AlertFilter) => Object.keys(filter).length > 0
