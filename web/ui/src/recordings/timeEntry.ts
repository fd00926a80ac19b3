// A moment as people type it: "21:00", "21/11 21:00", "tối qua 9h", "10 phút trước". In the facility's zone. Pure but for the zone.
import { plain } from '../shell/plainText'
import { day, dayStart, zoneOffset } from '../time/format'
import { EARLIEST } from './address'

const DAY = 86_400_000

/** Other ways to say the same, put into one. What is typed comes without accents. */
const SAME: [RegExp, string][] = [
  [/\blast night\b/g, 'dem qua'], [/\btonight\b/g, 'toi nay'], [/\bthis\b/g, 'nay'],
  [/\bhalf an hour\b|\bnua (gio|tieng)\b/g, '30 phut'], [/\b(mot|an?)\s(?=(gio|tieng|phut|ngay|hour|minute|day))/g, '1 '],
  [/\bcach day\s(.+)$/g, '$1 truoc'], [/\bago\b/g, 'truoc'], [/\bhours?\b|\btieng\b/g, 'gio'], [/\bmin(ute)?s?\b/g, 'phut'], [/\bdays?\b/g, 'ngay'],
  [/\bmorning\b/g, 'sang'], [/\bnoon\b/g, 'trua'], [/\bafternoon\b/g, 'chieu'], [/\bevening\b/g, 'toi'], [/\bnight\b/g, 'dem'],
  [/(\d)\s?(am|pm)\b/g, '$1 $2'], [/\bchu nhat\b/g, 'cn'],
]
const AGO: [RegExp, number][] = [
  [/\bhom (kia|truoc)\b/, 2], [/\b(hom qua|qua|yesterday)\b/, 1], [/\b(hom nay|nay|today)\b/, 0],
]
const WEEKDAYS = [
  /\bcn\b|\bsun(day)?\b/, /\bt(hu )?(2|hai)(?![\d:h])\b|\bmon(day)?\b/, /\bt(hu )?(3|ba)(?![\d:h])\b|\btue(sday)?\b/, /\bt(hu )?(4|tu)(?![\d:h])\b|\bwed(nesday)?\b/,
  /\bt(hu )?(5|nam)(?![\d:h])\b|\bthu(rsday)?\b(?! (hai|ba|tu|sau|bay|[2-7])(?![\d:h]))/, /\bt(hu )?(6|sau)(?![\d:h])\b|\bfri(day)?\b/, /\bt(hu )?(7|bay)(?![\d:h])\b|\bsat(urday)?\b/,
]
/** Parts of the day: the hour that is meant by it alone, and what an hour on the dial becomes. Hours from 24 on are of the next day. */
const PARTS: Record<string, { alone: number; hour: (dial: number) => number }> = {
  am: { alone: 8, hour: (dial) => dial % 12 },
  pm: { alone: 15, hour: (dial) => (dial % 12) + 12 },
  sang: { alone: 7, hour: (dial) => dial % 12 },
  trua: { alone: 12, hour: (dial) => (dial < 6 ? dial + 12 : dial) },
  chieu: { alone: 15, hour: (dial) => (dial % 12) + 12 },
  toi: { alone: 19, hour: (dial) => (dial === 12 ? 24 : dial + 12) },
  dem: { alone: 22, hour: (dial) => (dial < 6 ? dial + 24 : dial + 12) },
}
const HOUR_S = 3600

/**
 * The moment meant by `text`; null when it is none. A time alone is of the day looked at (`base`), or of the day
 * before when that is still to come; a day alone keeps `base`'s time of day.
 */
export function momentOf(text: string, base: number, now: number): number | null {
  const at = meant(SAME.reduce((rest, [other, one]) => rest.replace(other, one), plain(text).replace(/\s+/g, ' ').trim()), base, now)
  return at !== null && at >= EARLIEST ? at : null
}

function meant(text: string, base: number, now: number): number | null {
  const since = /^(?:(\d{1,4}) ?(?:gio|h))? ?(?:(\d{1,4}) ?(?:phut|m))? ?truoc$/.exec(text)
  if (since?.[1] ?? since?.[2]) return now - (Number(since?.[1] ?? 0) * 60 + Number(since?.[2] ?? 0)) * 60_000
  const { rest: dated, date, weekly } = dayOf(text, now)
  if (date === undefined) return null
  const [part] = dated.match(/\b(sang|trua|chieu|toi|dem)\b/) ?? dated.match(/\b(am|pm)\b/) ?? []
  const rest = dated.replace(/(^|\s)(am|pm|sang|trua|chieu|toi|dem|luc|at|on|ngay|vao|buoi)(?=\s|$)/g, ' ').replace(/^[,·\s]+|[,·\s]+$/g, '')
  const of = part ? PARTS[part] : undefined
  if (!rest && !of) return date === null ? null : Date.parse(dayStart(date)) + timeOfDay(base)
  const time = rest ? clockOf(rest, of?.hour) : (of?.alone ?? 0) * HOUR_S * 1000
  if (time === null) return null
  if (date !== null) {
    const there = Date.parse(dayStart(date)) + time
    return weekly && there > now ? there - 7 * DAY : there
  }
  const there = Date.parse(dayStart(day(base))) + time
  return there > now ? there - DAY : there
}

/** The day that is named and what is left of the text; `date` null when none is named, undefined when there is no such day. */
function dayOf(text: string, now: number): { rest: string; date: string | null | undefined; weekly: boolean } {
  const without = (found: RegExpExecArray, date: string | null, weekly = false) =>
    ({ rest: text.replace(found[0], ' ').replace(/\s+/g, ' ').trim(), date: date ?? undefined, weekly })
  const before = /\b(\d{1,3}) ngay truoc\b/.exec(text)
  if (before) return without(before, day(now - Number(before[1]) * DAY))
  const iso = /\b(\d{4})-(\d{1,2})-(\d{1,2})\b/.exec(text)
  if (iso) return without(iso, dated(iso[1], iso[2], iso[3]))
  const short = /\b(\d{1,2})[/-](\d{1,2})(?:[/-](\d{4}|\d{2}))?\b/.exec(text) ?? /\b(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})\b/.exec(text)
    ?? /\b(\d{1,2}) thang (\d{1,2})(?: nam (\d{4}))?\b/.exec(text)
  if (short) {
    const year = short[3] ? (short[3].length === 2 ? `20${short[3]}` : short[3]) : day(now).slice(0, 4)
    const date = dated(year, short[2], short[1])
    // A day of this year that is still to come is meant of the last.
    return without(short, date !== null && !short[3] && date > day(now) ? dated(String(Number(year) - 1), short[2], short[1]) : date)
  }
  for (const [words, ago] of AGO) {
    const found = words.exec(text)
    if (found) return without(found, day(now - ago * DAY))
  }
  for (const [index, words] of WEEKDAYS.entries()) {
    const found = words.exec(text)
    const today = new Date(`${day(now)}T12:00:00Z`).getUTCDay()
    if (found) return without(found, day(now - ((today - index + 7) % 7) * DAY), true)
  }
  return { rest: text, date: null, weekly: false }
}

/** The same time of day on another day. */
export function onDay(text: string, base: number): number {
  return Date.parse(dayStart(text)) + timeOfDay(base)
}

function timeOfDay(at: number): number {
  const local = at + zoneOffset(at)
  return ((local % DAY) + DAY) % DAY
}

function clockOf(text: string, ofPart: ((dial: number) => number) | undefined): number | null {
  const parts = /^(\d{1,2})(?:\s?(?:[:h.g]|gio)\s?(\d{1,2}|ruoi)?(?:\s?(?:[:mp.]|phut)\s?(\d{1,2})?s?)?)?$/.exec(text) ?? /^(\d{2})(\d{2})$/.exec(text)
  if (!parts) return null
  const [dial, minutes, seconds] = [Number(parts[1]), parts[2] === 'ruoi' ? 30 : Number(parts[2] ?? 0), Number(parts[3] ?? 0)]
  // 21 o'clock in the evening is 21 o'clock.
  const hours = ofPart && dial <= 12 ? ofPart(dial) : dial
  if (dial > 24) return null
  if (minutes > 59 || seconds > 59 || (dial === 24 && minutes + seconds > 0)) return null
  return (hours * HOUR_S + minutes * 60 + seconds) * 1000
}

function dated(year = '', month = '', date = ''): string | null {
  const text = `${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}`
  const noon = new Date(`${text}T12:00:00Z`)
  return !Number.isNaN(noon.getTime()) && noon.toISOString().startsWith(text) ? text : null
}
