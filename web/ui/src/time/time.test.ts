// The server's clock, and how moments are written in the facility's zone.
import { describe, expect, it } from 'vitest'
import { plain } from '../shell/plainText'
import '../i18n'
import { clock, dayStart, moment, number } from './format'
import { ServerClock } from './serverClock'

describe('ServerClock', () => {
  it('corrects a browser that is an hour late', () => {
    const server = new ServerClock(() => 1_000_000)
    server.measure(1_000_000, 1_000_100, 4_600_050)
    expect(server.now()).toBe(4_600_000)
  })
  it('keeps the tightest measurement', () => {
    const server = new ServerClock(() => 0)
    server.measure(0, 10, 1005)
    server.measure(1000, 3000, 3400)
    expect(server.offset()).toBe(1000)
  })
  it('follows a step of the clock', () => {
    const server = new ServerClock(() => 0)
    server.measure(0, 10, 1005)
    server.measure(1000, 1400, 61_200)
    expect(server.offset()).toBe(60_000)
  })
})

describe('moments', () => {
  const now = Date.parse('2026-11-22T07:07:38Z')
  it('are in 24 h and the zone of the facility, with the date when not today', () => {
    expect(clock('2026-11-22T07:07:38Z')).toBe('14:07:38')
    expect(clock('2026-11-21T17:00:00Z')).toBe('00:00:00')
    expect(moment('2026-11-21T17:00:00Z', false, now)).toBe('00:00')
    expect(moment('2026-11-21T16:59:59Z', true, now)).toBe('21/11 23:59:59')
    expect(moment('2025-11-21T16:59:59Z', false, now)).toBe('21/11/2025 23:59')
  })
  it('begin days at the facility’s midnight', () => {
    expect(dayStart('2026-11-22')).toBe('2026-11-21T17:00:00.000Z')
    expect(dayStart('2026-11-22', 1)).toBe('2026-11-22T17:00:00.000Z')
  })
})

describe('numbers', () => {
  it('have no minus before a zero', () => {
    expect(number(-0.001, 2)).toBe('0,00')
    expect(number(-0.006, 2)).toBe('-0,01')
  })
})

describe('plain', () => {
  it('finds names typed without diacritics', () => {
    expect(plain('Điểm Vị Thanh · Phòng lấy mẫu')).toBe('diem vi thanh · phong lay mau')
  })
})
