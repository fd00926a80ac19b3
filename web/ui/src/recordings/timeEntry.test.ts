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
    ['8 giờ', '2026-11-21T01:00:00.000Z'],
    ['8 giờ 30', '2026-11-21T01:30:00.000Z'],
    ['8 giờ 30 phút', '2026-11-21T01:30:00.000Z'],
    ['8 giờ rưỡi sáng nay', '2026-11-22T01:30:00.000Z'],
    ['10 phút trước', '2026-11-22T06:50:00.000Z'],
    ['1 giờ trước', '2026-11-22T06:00:00.000Z'],
    ['cách đây nửa tiếng', '2026-11-22T06:30:00.000Z'],
    ['1 giờ 30 phút trước', '2026-11-22T05:30:00.000Z'],
    ['an hour ago', '2026-11-22T06:00:00.000Z'],
    ['3 ngày trước 21:00', '2026-11-19T14:00:00.000Z'],
    ['tối qua 9h', '2026-11-21T14:00:00.000Z'],
    ['9h tối hôm qua', '2026-11-21T14:00:00.000Z'],
    ['21h tối qua', '2026-11-21T14:00:00.000Z'],
    ['đêm qua 2h', '2026-11-21T19:00:00.000Z'],
    ['đêm qua 11h', '2026-11-21T16:00:00.000Z'],
    ['last night 11pm', '2026-11-21T16:00:00.000Z'],
    ['2am last night', '2026-11-21T19:00:00.000Z'],
    ['trưa nay', '2026-11-22T05:00:00.000Z'],
    ['thứ 6 21:00', '2026-11-20T14:00:00.000Z'],
    ['thứ sáu lúc 21h', '2026-11-20T14:00:00.000Z'],
    ['T6 21h', '2026-11-20T14:00:00.000Z'],
    ['friday 21:00', '2026-11-20T14:00:00.000Z'],
    ['thu 9:00', '2026-11-19T02:00:00.000Z'],
    ['chủ nhật 21:00', '2026-11-15T14:00:00.000Z'],
    ['21.11.2026 21:00', '2026-11-21T14:00:00.000Z'],
    ['ngày 20 tháng 11 lúc 8h', '2026-11-20T01:00:00.000Z'],
    ['9pm', '2026-11-21T14:00:00.000Z'],
    ['9:30 pm yesterday', '2026-11-21T14:30:00.000Z'],
    ['12 am', '2026-11-20T17:00:00.000Z'],
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
  it.each(['', 'abc', '25:00', '21:61', '31/02 10:00', '21/13', '12:00 x', '21/11/1950 10:00', 'trước', '13 giờ 61'])('refuses %s', (text) => expect(typed(text)).toBeNull())
})
