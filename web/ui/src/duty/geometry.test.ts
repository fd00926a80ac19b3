// Where shifts are drawn, what a drag means, which lines they take; days of the facility, of 24 h and of others.
import { afterEach, describe, expect, it } from 'vitest'
import { setTimeZone } from '../time/format'
import { dragged, lanesOf, momentOf, placeOf, union, within } from './geometry'
import { daysFrom, daysOn, isDate, minutesOf, momentAt, mondayOf, plusDays, written } from './times'

const at = (text: string) => Date.parse(text)
const HOUR = 3_600_000
const week = daysFrom('2026-11-23', 7)
const span = (start: string, end: string) => ({ start: at(start), end: at(end) })

afterEach(() => setTimeZone('Asia/Ho_Chi_Minh'))

describe('days of the facility', () => {
  it('begin at its midnight', () => {
    expect(week).toHaveLength(7)
    expect(new Date(week[0]?.start ?? 0).toISOString()).toBe('2026-11-22T17:00:00.000Z')
    expect(new Date(week[6]?.end ?? 0).toISOString()).toBe('2026-11-29T17:00:00.000Z')
  })
  it('are of 25 and 23 h where clocks are changed, and a shift keeps its time of day', () => {
    setTimeZone('Europe/Berlin')
    const hours = (first: string) => daysFrom(first, 1).map(({ start, end }) => (end - start) / HOUR)
    expect([hours('2026-10-25'), hours('2026-03-29'), hours('2026-07-01')]).toEqual([[25], [23], [24]])
    const evening = momentAt('2026-10-24', '19:00') ?? 0
    expect(written(daysOn(evening, 7))).toEqual({ date: '2026-10-31', time: '19:00' })
    expect(daysOn(evening, 7) - evening).toBe(7 * 24 * HOUR + HOUR)
  })
  it('are of a week from Monday', () => {
    expect(['2026-11-23', '2026-11-29', '2026-12-01'].map(mondayOf)).toEqual(['2026-11-23', '2026-11-23', '2026-11-30'])
    expect(plusDays('2026-12-31', 1)).toBe('2027-01-01')
    expect([isDate('2026-02-29'), isDate('2028-02-29'), isDate('x'), isDate(null), isDate('2026-13-01')]).toEqual([false, true, false, false, false])
  })
  it('have times as people write them', () => {
    expect(['7', '07:30', '19h', '0730', '24:00', '7.15'].map(minutesOf)).toEqual([420, 450, 1140, 450, 1440, 435])
    expect(['', '25', '24:01', '7:60', 'a'].map(minutesOf)).toEqual([null, null, null, null, null])
    expect(momentAt('2026-11-23', '24:00')).toBe(at('2026-11-23T17:00:00Z'))
    expect([momentAt('2026-11-31', '7'), momentAt('2026-11-23', 'x')]).toEqual([null, null])
  })
})

describe('the place of a shift', () => {
  it('is a share of the week', () => {
    expect(placeOf(span('2026-11-23T00:00:00Z', '2026-11-23T12:00:00Z'), week)).toEqual({ left: 7 / 24 / 7, width: 0.5 / 7, before: false, after: false })
  })
  it('is cut at both ends of what is shown', () => {
    const place = placeOf(span('2026-11-20T00:00:00Z', '2026-12-20T00:00:00Z'), week)
    expect(place).toEqual({ left: 0, width: 1, before: true, after: true })
  })
  it('is none before, after and beside it', () => {
    expect(placeOf(span('2026-11-22T10:00:00Z', '2026-11-22T17:00:00Z'), week)).toBeNull()
    expect(placeOf(span('2026-11-29T17:00:00Z', '2026-11-30T17:00:00Z'), week)).toBeNull()
    expect(placeOf(span('2026-11-23T00:00:00Z', '2026-11-24T00:00:00Z'), [])).toBeNull()
  })
})

describe('a drag', () => {
  it('means half hours, whichever way it goes', () => {
    const [seven, nineteen] = [7 / 24 / 7 + 0.0004, 19 / 24 / 7 - 0.0004]
    const wanted = span('2026-11-23T00:00:00Z', '2026-11-23T12:00:00Z')
    expect(dragged(seven, nineteen, week)).toEqual(wanted)
    expect(dragged(nineteen, seven, week)).toEqual(wanted)
  })
  it('over midnight is one span', () => expect(dragged(22 / 24 / 7, 30 / 24 / 7, week)).toEqual(span('2026-11-23T15:00:00Z', '2026-11-23T23:00:00Z')))
  it('of no length is none, and one beyond the edge ends at it', () => {
    expect(dragged(0.5, 0.5005, week)).toBeNull()
    expect(dragged(6.5 / 7, 3, week)?.end).toBe(week[6]?.end)
    expect(momentOf(-1, week)).toBe(week[0]?.start)
    expect(momentOf(1, week)).toBe(week[6]?.end)
  })
})

describe('lines of a row', () => {
  it('are as few as do not overlap; one that begins as another ends follows it', () => {
    const spans = [[0, 12], [6, 18], [12, 24], [13, 14], [18, 20]].map(([start = 0, end = 0]) => ({ start, end }))
    expect(lanesOf(spans)).toEqual([0, 1, 0, 2, 1])
  })
  it('have gaps put together where they touch', () => {
    expect(union([{ start: 5, end: 7 }, { start: 0, end: 2 }, { start: 2, end: 3 }, { start: 6, end: 6.5 }])).toEqual([{ start: 0, end: 3 }, { start: 5, end: 7 }])
    expect([within({ start: 0, end: 9 }, { start: 3, end: 5 }), within({ start: 0, end: 3 }, { start: 3, end: 5 })]).toEqual([{ start: 3, end: 5 }, null])
  })
})
