// A gap in words: from when to when, as far as that is known, and how long.
import i18n from '../i18n'
import { clock, day, duration, moment } from '../time/format'
import { serverClock } from '../time/serverClock'
import type { boundsOf } from './coverage'

type Bounds = ReturnType<typeof boundsOf>

export function gapText({ start, end, lasts }: Bounds): string {
  if (start !== null && lasts) return i18n.t('rec.gapSince', { from: moment(start) })
  if (start !== null && end !== null) return i18n.t('rec.gapFrom', { from: moment(start), to: day(start) === day(end) ? clock(end) : moment(end) })
  return end === null ? i18n.t('rec.gap') : i18n.t('rec.gapUntil', { to: moment(end) })
}

/** Empty where an end of it is not known. */
export function gapLength({ start, end, lasts }: Bounds): string {
  const until = lasts ? serverClock.now() : end
  return start === null || until === null ? '' : duration(until - start)
}
