// A shift while it is being entered: what the fields hold, what is wrong with it, what is to be asked for. Pure but for the zone.
import { daysOn, iso, minutesOf, momentAt, plusDays, written, isDate, MINUTE } from './times'
import { OF_ALL_SITES, type Duty, type Person, type Shift, type ShiftAsked } from './types'

export interface Draft {
  /** Empty: not chosen yet; `ALL`: all sites. */
  site: string
  duty: Duty
  user: string
  startDate: string
  startTime: string
  endDate: string
  endTime: string
  note: string
  /** On so many days, one after another. */
  days: string
}

export const ALL = '*'
const LONGEST = 7 * 86_400_000
export const MOST_NOTE = 200
export const MOST_DAYS = 92

/** Usual shifts: from and until, in hours; those over 24 are of the next day. */
export const USUAL = [['day', 7, 19], ['night', 19, 31], ['full', 7, 31]] as const

export function draftOf(what: { site: string | null | undefined; duty: Duty; user?: string; start: number; end: number; note?: string | null }): Draft {
  const [from, to] = [written(what.start), written(what.end)]
  return {
    site: what.site === null ? ALL : (what.site ?? ''), duty: what.duty, user: what.user ?? '', note: what.note ?? '', days: '1',
    startDate: from.date, startTime: from.time, endDate: to.date, endTime: to.time,
  }
}

export const draftOfShift = (shift: Shift): Draft => draftOf({ ...shift, start: Date.parse(shift.start), end: Date.parse(shift.end) })

/** A duty of one site is of no more: what was chosen for all of them is taken back. */
export const withDuty = (draft: Draft, duty: Duty): Draft => ({ ...draft, duty, site: draft.site === ALL && !OF_ALL_SITES.includes(duty) ? '' : draft.site })

/** The end goes along by as many days. */
export function withStartDate(draft: Draft, startDate: string): Draft {
  if (!isDate(startDate) || !isDate(draft.startDate) || !isDate(draft.endDate)) return { ...draft, startDate }
  const days = Math.round((Date.parse(startDate) - Date.parse(draft.startDate)) / 86_400_000)
  return { ...draft, startDate, endDate: plusDays(draft.endDate, days) }
}

export function withUsual(draft: Draft, [, from, to]: (typeof USUAL)[number]): Draft {
  const time = (hours: number) => `${String(hours % 24).padStart(2, '0')}:00`
  return { ...draft, startTime: time(from), endTime: time(to), endDate: isDate(draft.startDate) ? plusDays(draft.startDate, Math.floor(to / 24)) : draft.endDate }
}

/** A time of day that is not after the start on the same day is meant of the next. */
export function withEndTime(draft: Draft, endTime: string): Draft {
  const [from, to] = [minutesOf(draft.startTime), minutesOf(endTime)]
  const next = from !== null && to !== null && to <= from && draft.endDate === draft.startDate && isDate(draft.startDate)
  return { ...draft, endTime, endDate: next ? plusDays(draft.startDate, 1) : draft.endDate }
}

export type Wrong = 'noSite' | 'noUser' | 'noStart' | 'noEnd' | 'order' | 'tooLong' | 'days'

/** Why it cannot be asked for yet; null: it can. */
export function wrongOf(draft: Draft): Wrong | null {
  const [start, end] = [momentAt(draft.startDate, draft.startTime), momentAt(draft.endDate, draft.endTime)]
  const days = Number(draft.days)
  if (draft.site === '') return 'noSite'
  if (draft.user === '') return 'noUser'
  if (start === null) return 'noStart'
  if (end === null) return 'noEnd'
  if (end < start + MINUTE) return 'order'
  if (end - start > LONGEST) return 'tooLong'
  return Number.isInteger(days) && days >= 1 && days <= MOST_DAYS ? null : 'days'
}

/** One for each day; nothing while something is wrong. */
export function askedOf(draft: Draft): ShiftAsked[] {
  const [start, end] = [momentAt(draft.startDate, draft.startTime), momentAt(draft.endDate, draft.endTime)]
  if (wrongOf(draft) !== null || start === null || end === null) return []
  const { duty, user } = draft
  return Array.from({ length: Number(draft.days) }, (_, day) => ({
    site: draft.site === ALL ? null : draft.site, duty, user, start: iso(daysOn(start, day)), end: iso(daysOn(end, day)), note: draft.note.trim() || null,
  }))
}

export const asAsked = ({ site, duty, user, start, end, note }: Shift): ShiftAsked => ({ site, duty, user, start, end, note })

/** Whose everyday work it is comes first. */
const FITTING: Record<Duty, readonly string[]> = { officer: ['duty'], site_lead: ['site_lead'], province: ['supervisor', 'admin'], technician: ['admin'] }

/** Who may have it there. */
export function eligible(people: readonly Person[], site: string, duty: Duty): Person[] {
  const may = people.filter(({ sites }) => sites === null || (site !== ALL && (site === '' || sites.includes(site))))
  const rank = ({ role }: Person) => (FITTING[duty].includes(role) ? 0 : 1)
  return may.sort((a, b) => rank(a) - rank(b) || a.user.localeCompare(b.user))
}
