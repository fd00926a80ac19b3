// Why the service would not, in words of the roster; what is wrong with a line of a file.
import type { TFunction } from 'i18next'
import { Problem } from '../api/client'
import { explain } from '../controls/states'
import { hasWord } from '../i18n'
import { clock, date, weekday } from '../time/format'
import { DAY, type Span } from './times'
import type { ImportProblem } from './types'

/** "T2 23/11 07:00–19:00", "T2 23/11 19:00 – T3 24/11 07:00": a time on duty, the day of the week beside it. */
export function turn(start: number, end: number): string {
  const sameDay = weekday(start) === weekday(end - 1) && end - start <= DAY
  const until = sameDay ? ending(end) : `${weekday(end)} ${clock(end, false)}`
  return sameDay ? `${weekday(start)} ${clock(start, false)}–${until}` : `${weekday(start)} ${clock(start, false)} – ${until}`
}

/** Midnight at the end of a day is 24:00 of it. */
export const ending = (end: number) => (clock(end) === '00:00:00' ? '24:00' : clock(end, false))

/** "23/11/2026", "16/11/2026 – 22/11/2026": whole days. */
export function datedDays({ start, end }: Span): string {
  return date(start) === date(end - 1) ? date(start) : `${date(start)} – ${date(end - 1)}`
}

/** Like `explain`, with words for what the roster has of its own. */
export function refusal(error: unknown, t: TFunction): string {
  if (!(error instanceof Problem)) return explain(error, t)
  if (error.kind === 'overlap') {
    const { start, end } = error.body as { start?: string; end?: string }
    return start && end ? t('fault.overlapAt', { time: turn(Date.parse(start), Date.parse(end)) }) : t('fault.overlap')
  }
  const { errors } = error.body as { errors?: { code?: string; message: string }[] }
  const told = errors?.flatMap(({ code }) => (code && hasWord('fault', code) ? [t(`fault.${code}`)] : []))
  return told?.length ? told.join(' ') : explain(error, t)
}

/** What is wrong, with what stands there where the service quotes it. */
export function faultText({ code, message }: ImportProblem, t: TFunction): string {
  if (!code || !hasWord('fault', code)) return message
  const quoted = /^'(.*?)'/.exec(message)?.[1]
  return quoted ? t('importing.quoted', { value: quoted, what: t(`fault.${code}`) }) : t(`fault.${code}`)
}
