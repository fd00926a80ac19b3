// Moments as people type them, in the facility's zone (UTC+7).
import { describe, expect, it } from 'vitest'
import { momentOf, onDay } from './timeEntry'

const now = Date.parse('2026-11-22T07:00:00Z') // 14:00 on Sunday 22/11
const base = Date.parse('2026-11-21T14:03:12Z') // 21:03:12 on 21/11
const typed = (text: string, looking = base) => {
  const at = momentOf(text, looking, now)
  return at === null ? null : new Date(at).toISOString()
}

describe('momentOf', () => {
  it.each([
    ['21:00', '2026-11-21T14:00:00.000Z'],
    ['21h', '2026-11-21T14:00:00.000Z'],
    ['21h30', '2026-11-21T14:30:00.000Z'],
    ['21:03:45', '2026-11-21T14:03:45.000Z'],
    ['2130', '2026-11-21T14:30:00.000Z'],
    ['9', '2026-11-21T02:00:00.000Z'],
    ['20/11 8:15', '2026-11-20T01:15:00.000Z'],
    ['8h15 20/11/2026', '2026-11-20T01:15:00.000Z'],
    ['2026-11-20 08:15', '2026-11-20T01:15:00.000Z'],
    ['hôm qua 21h', '2026-11-21T14:00:00.000Z'],
    ['Hom nay luc 9:30', '2026-11-22T02:30:00.000Z'],
    ['yesterday at 21:00', '2026-11-21T14:00:00.000Z'],
  ])('understands %s', (text, expected) => expect(typed(text)).toBe(expected))

  it('keeps the time of day where only a day is typed', () => {
    expect(typed('19/11')).toBe('2026-11-19T14:03:12.000Z')
    expect(new Date(onDay('2026-11-18', base)).toISOString()).toBe('2026-11-18T14:03:12.000Z')
  })
  it('means the day before where the time is still to come', () => {
    expect(typed('21:00', Date.parse('2026-11-22T03:00:00Z'))).toBe('2026-11-21T14:00:00.000Z')
    expect(typed('13:00', Date.parse('2026-11-22T03:00:00Z'))).toBe('2026-11-22T06:00:00.000Z')
  })
  it('means last year where the day of this year is still to come', () => {
    expect(typed('24/12 20:00')).toBe('2025-12-24T13:00:00.000Z')
  })
  it.each(['', 'abc', '25:00', '21:61', '31/02 10:00', '21/13', '12:00 x'])('refuses %s', (text) => expect(typed(text)).toBeNull())
})
