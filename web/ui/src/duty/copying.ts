// The roster of one week taken over into the next. Pure but for the zone.
import { asAsked } from './draft'
import { daysOn, iso, type Span } from './times'
import type { Shift, ShiftAsked } from './types'

/** Those that begin in it, so many days later: what reaches into a week is of the week before. */
export function copied(shifts: readonly Shift[], from: Span, days: number, may: (site: string | null) => boolean): ShiftAsked[] {
  const begins = ({ start, site }: Shift) => Date.parse(start) >= from.start && Date.parse(start) < from.end && may(site)
  return shifts.filter(begins).map((shift) => ({
    ...asAsked(shift), start: iso(daysOn(Date.parse(shift.start), days)), end: iso(daysOn(Date.parse(shift.end), days)),
  }))
}
