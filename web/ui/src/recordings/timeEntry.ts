// A moment as people type it: "21:00", "21/11 21:00", "hôm qua 21h30". In the facility's zone. Pure but for the zone.
import { plain } from '../shell/plainText'
import { day, dayStart, zoneOffset } from '../time/format'

const DAY = 86_400_000
const AGO: Record<string, number> = {
  'hom nay': 0, nay: 0, today: 0, 'hom qua': 1, qua: 1, yesterday: 1, 'hom kia': 2, 'hom truoc': 2,
}

/**
 * The moment meant by `text`; null when it is none. A time alone is of the day looked at (`base`), or of the day
 * before when that is still to come; a day alone keeps `base`'s time of day.
 */
export function momentOf(text: string, base: number, now: number): number | null {
  let rest = plain(text).replace(/\s+/g, ' ')
  if (!rest) return null
  let date: string | null = null
  for (const [words, ago] of Object.entries(AGO).sort(([a], [b]) => b.length - a.length)) {
    const found = new RegExp(`(^|\\s)${words}($|\\s)`)
    if (date === null && found.test(rest)) {
      date = day(now - ago * DAY)
      rest = rest.replace(found, ' ').trim()
    }
  }
  const iso = /\b(\d{4})-(\d{1,2})-(\d{1,2})\b/.exec(rest)
  const short = /\b(\d{1,2})[/-](\d{1,2})(?:[/-](\d{4}|\d{2}))?\b/.exec(rest)
  if (date === null && iso) {
    date = dated(iso[1], iso[2], iso[3])
    rest = rest.replace(iso[0], ' ').trim()
  } else if (date === null && short) {
    const year = short[3] ? (short[3].length === 2 ? `20${short[3]}` : short[3]) : day(now).slice(0, 4)
    date = dated(year, short[2], short[1])
    // A day of this year that is still to come is meant of the last.
    if (date !== null && !short[3] && date > day(now)) date = dated(String(Number(year) - 1), short[2], short[1])
    rest = rest.replace(short[0], ' ').trim()
  }
  if ((iso ?? short) && date === null) return null
  rest = rest.replace(/(^|\s)(luc|at|ngay|vao)(?=\s|$)/g, ' ').replace(/^[,·\s]+|[,·\s]+$/g, '')
  if (!rest) return date === null ? null : Date.parse(dayStart(date)) + timeOfDay(base)
  const time = clockOf(rest)
  if (time === null) return null
  if (date !== null) return Date.parse(dayStart(date)) + time
  const there = Date.parse(dayStart(day(base))) + time
  return there > now ? there - DAY : there
}

/** The same time of day on another day. */
export function onDay(text: string, base: number): number {
  return Date.parse(dayStart(text)) + timeOfDay(base)
}

function timeOfDay(at: number): number {
  const local = at + zoneOffset(at)
  return ((local % DAY) + DAY) % DAY
}

function clockOf(text: string): number | null {
  const parts = /^(\d{1,2})(?:\s?[:h.g]\s?(\d{1,2})?(?:\s?[:mp.]\s?(\d{1,2})?s?)?)?$/.exec(text) ?? /^(\d{2})(\d{2})$/.exec(text)
  if (!parts) return null
  const [hours, minutes, seconds] = [Number(parts[1]), Number(parts[2] ?? 0), Number(parts[3] ?? 0)]
  if (hours > 24 || minutes > 59 || seconds > 59 || (hours === 24 && minutes + seconds > 0)) return null
  return (hours * 3600 + minutes * 60 + seconds) * 1000
}

function dated(year = '', month = '', date = ''): string | null {
  const text = `${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}`
  const noon = new Date(`${text}T12:00:00Z`)
  return !Number.isNaN(noon.getTime()) && noon.toISOString().startsWith(text) ? text : null
}
