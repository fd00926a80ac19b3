// Days and times of day of the facility's zone, to and from moments; the days that a roster shows. Pure but for the zone.
import { clock, day, zoneOffset } from '../time/format'

export const DAY = 86_400_000
export const MINUTE = 60_000

/** Milliseconds since 1970, the end excluded. */
export interface Span {
  start: number
  end: number
}

export const iso = (at: number) => new Date(at).toISOString()

/** `yyyy-mm-dd`, so many days on. */
export function plusDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T12:00:00Z`) + days * DAY).toISOString().slice(0, 10)
}

/** The Monday of its week. */
export function mondayOf(date: string): string {
  return plusDays(date, -((new Date(`${date}T12:00:00Z`).getUTCDay() + 6) % 7))
}

/** Whether it is a day that there is. */
export function isDate(text: string | null): text is string {
  if (text === null || !/^20\d\d-\d\d-\d\d$/.test(text)) return false
  const at = Date.parse(`${text}T12:00:00Z`)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text)
}

/** Each day from midnight to midnight, which is not always 24 h. */
export function daysFrom(first: string, count: number): Span[] {
  const edges = Array.from({ length: count + 1 }, (_, index) => momentAt(plusDays(first, index), '0:00') ?? 0)
  return edges.slice(1).map((end, index) => ({ start: edges[index] ?? end, end }))
}

/** "7", "7:30", "0730", "19h", "24:00" as minutes of the day; null: no time. */
export function minutesOf(text: string): number | null {
  const found = /^(\d{1,2})(?:\s?[:h.g]\s?(\d{2})?)?$/.exec(text.trim()) ?? /^(\d{2})(\d{2})$/.exec(text.trim())
  if (!found) return null
  const [hours, minutes] = [Number(found[1]), Number(found[2] ?? 0)]
  return hours > 24 || minutes > 59 || (hours === 24 && minutes > 0) ? null : hours * 60 + minutes
}

/** The moment of a day and a time of day; null where either is none. */
export function momentAt(date: string, time: string): number | null {
  const minutes = minutesOf(time)
  if (!isDate(date) || minutes === null) return null
  const guess = Date.parse(`${date}T00:00:00Z`) + minutes * MINUTE
  const near = guess - zoneOffset(guess)
  return guess - zoneOffset(near)
}

/** The day and the time of day of a moment: what a form shows. */
export const written = (at: number) => ({ date: day(at), time: clock(at, false) })

/** The same days later at the same time of day. */
export function daysOn(at: number, days: number): number {
  const { date, time } = written(at)
  return momentAt(plusDays(date, days), time) ?? at + days * DAY
}
