// How times, ages, sizes and rates are written: 24 h, the facility's time zone, a date only when it is not today.
import i18n from '../i18n'
import { serverClock } from './serverClock'

let zone = 'Asia/Ho_Chi_Minh'
let formatters = new Map<string, Intl.DateTimeFormat>()

export function setTimeZone(name: string): void {
  try {
    new Intl.DateTimeFormat('vi', { timeZone: name })
    zone = name
    formatters = new Map()
  } catch {
    // A zone this browser does not know: better the facility's usual one than none.
  }
}
export const timeZone = () => zone

function parts(at: number): Record<string, string> {
  let formatter = formatters.get('all')
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone, hourCycle: 'h23',
      year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
    })
    formatters.set('all', formatter)
  }
  return Object.fromEntries(formatter.formatToParts(at).map((part) => [part.type, part.value]))
}

const ms = (at: string | number | Date) => (typeof at === 'number' ? at : new Date(at).getTime())

export function clock(at: string | number, seconds = true): string {
  const p = parts(ms(at))
  return seconds ? `${p.hour}:${p.minute}:${p.second}` : `${p.hour}:${p.minute}`
}

/** To the hundredth of a second, cut off: what tells one frame from the next. */
export function fineClock(at: number): string {
  return `${clock(at)}${i18n.language === 'en' ? '.' : ','}${String(Math.floor((at % 1000) / 10)).padStart(2, '0')}`
}

export function day(at: string | number): string {
  const p = parts(ms(at))
  return `${p.year}-${p.month}-${p.day}`
}

/** 14:07:31 today, 21/11 14:07:31 on another day, with the year when that differs too. */
export function moment(at: string | number, seconds = true, now = serverClock.now()): string {
  if (day(at) === day(now)) return clock(at, seconds)
  const p = parts(ms(at))
  const year = p.year === parts(now).year ? '' : `/${p.year}`
  return `${p.day}/${p.month}${year} ${clock(at, seconds)}`
}

/** "21/11 20:58:10 – 21:06:00": the day is written once where both are of it. */
export function stretch(from: string | number, to: string | number): string {
  return `${moment(from)} – ${day(from) === day(to) ? clock(to) : moment(to)}`
}

/** The same with the whole date, also of today: for what is kept, and read on another day. */
export function datedStretch(from: string | number, to: string | number, seconds = true): string {
  return `${date(from)} ${clock(from, seconds)} – ${day(from) === day(to) ? '' : `${date(to)} `}${clock(to, seconds)}`
}

export function date(at: string | number): string {
  const p = parts(ms(at))
  return `${p.day}/${p.month}/${p.year}`
}

/** "12 giây", "4 phút", "3 giờ", "2 ngày": one unit is enough to judge by. */
export function span(milliseconds: number): string {
  const s = Math.max(0, Math.round(milliseconds / 1000))
  if (s < 60) return i18n.t('time.seconds', { count: s })
  const m = Math.floor(s / 60)
  if (m < 60) return i18n.t('time.minutes', { count: m })
  const h = Math.floor(m / 60)
  if (h < 48) return i18n.t('time.hours', { count: h })
  return i18n.t('time.days', { count: Math.floor(h / 24) })
}

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(i18n.language === 'en' ? 'en' : 'vi', {
    minimumFractionDigits: digits, maximumFractionDigits: digits,
    // Less than half of the last digit: no minus before a zero.
  }).format(Math.abs(value) < 0.5 * 10 ** -digits ? 0 : value)
}

export function bytes(count: number): string {
  return count >= 1e12 ? `${number(count / 1e12, 1)} TB` : `${number(count / 1e9, count < 1e10 ? 1 : 0)} GB`
}

export function bitrate(bitsPerSecond: number): string {
  return bitsPerSecond >= 1e6 ? `${number(bitsPerSecond / 1e6, 1)} Mbit/s` : `${number(bitsPerSecond / 1e3)} kbit/s`
}

/** Midnight that begins `yyyy-mm-dd` in the facility's zone, as UTC; days = 1 gives the end of that day. */
export function dayStart(text: string, days = 0): string {
  const noon = Date.parse(`${text}T12:00:00Z`) + days * 86_400_000
  const p = parts(noon)
  const shown = Date.UTC(Number(p.year), Number(p.month) - 1, Number(p.day), Number(p.hour), Number(p.minute))
  const offset = shown - noon
  const midnight = Date.parse(`${text}T00:00:00Z`) + days * 86_400_000 - offset
  return new Date(midnight).toISOString()
}

/** Milliseconds that the facility's clocks are ahead of UTC at `at`. */
export function zoneOffset(at: number): number {
  const p = parts(at)
  const whole = Math.floor(at / 1000) * 1000
  return Date.UTC(Number(p.year), Number(p.month) - 1, Number(p.day), Number(p.hour), Number(p.minute), Number(p.second)) - whole
}

const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

/** "T7 21/11", "Sat 21/11": a day among others of its month. */
export function weekday(at: number): string {
  const p = parts(at)
  const index = new Date(Date.UTC(Number(p.year), Number(p.month) - 1, Number(p.day))).getUTCDay()
  return `${i18n.t(`weekday.${WEEKDAYS[index] ?? 'sun'}`)} ${p.day}/${p.month}`
}

/** "8 phút 25 giây", "2 giờ 5 phút": two units, where one would hide what matters. */
export function duration(milliseconds: number): string {
  const s = Math.max(0, Math.round(milliseconds / 1000))
  const units = [[86_400, 'time.days'], [3600, 'time.hours'], [60, 'time.minutes'], [1, 'time.seconds']] as const
  const first = units.findIndex(([size]) => s >= size)
  if (first < 0) return i18n.t('time.seconds', { count: 0 })
  let left = s
  return units.slice(first, first + 2).flatMap(([size, name]) => {
    const count = Math.floor(left / size)
    left -= count * size
    return count > 0 ? [i18n.t(name, { count })] : []
  }).join(' ')
}
