// The rows of the roster, the way of the arrows through them, gaps of many sites as one.
import { describe, expect, it } from 'vitest'
import { grouped, neighbour, rowsOf } from './rows'
import type { Duty, Gap, Shift } from './types'

const shift = (id: string, site: string | null, duty: Duty, from: number, to: number): Shift => ({
  id, site, duty, user: id, start: hour(from), end: hour(to), note: null, created_by: 'a',
})
const hour = (hours: number) => new Date(Date.UTC(2026, 10, 23) + hours * 3_600_000).toISOString()
const gap = (site: string, duty: Duty, from: number, to: number, stand_ins: string[] = []): Gap => ({ site, duty, start: hour(from), end: hour(to), stand_ins })

const SHIFTS = [
  shift('b', 'nb', 'officer', 12, 24), shift('a', 'nb', 'officer', 0, 12), shift('c', 'nb', 'officer', 10, 14),
  shift('p', null, 'province', 0, 24), shift('l', 'lm', 'site_lead', 11, 20), shift('own', 'lm', 'technician', 0, 5),
]
const rows = rowsOf(['lm', 'nb'], SHIFTS, [gap('lm', 'officer', 0, 24), gap('nb', 'technician', 0, 24), gap('lm', 'technician', 6, 30), gap('xx', 'technician', 40, 50)])

describe('rows', () => {
  it('are the duties of all sites, then of each site; one alone there for a duty of all has a row', () => {
    expect(rows.map(({ key }) => key)).toEqual(['* province', '* technician', 'lm officer', 'lm site_lead', 'lm technician', 'nb officer', 'nb site_lead'])
  })
  it('have their shifts by start, those at the same time in lines of their own', () => {
    const row = rows.find(({ key }) => key === 'nb officer')
    expect(row?.bars.map(({ shift: { id }, lane }) => [id, lane])).toEqual([['a', 0], ['c', 1], ['b', 0]])
    expect(row?.lanes).toBe(2)
  })
  it('have gaps of all sites put together, of those shown alone', () => {
    expect(rows[1]?.gaps).toEqual([{ start: Date.parse(hour(0)), end: Date.parse(hour(30)) }])
    expect(rows[2]?.gaps).toHaveLength(1)
    expect(rows[4]?.gaps).toEqual([])
  })
})

describe('arrows', () => {
  it('go along a row and stay at its ends', () => {
    expect(neighbour(rows, 'a', 'ArrowRight')).toBe('c')
    expect(neighbour(rows, 'b', 'ArrowRight')).toBe('b')
    expect(neighbour(rows, 'a', 'ArrowLeft')).toBe('a')
  })
  it('go to the nearest in time of the next row that has any', () => {
    expect(neighbour(rows, 'b', 'ArrowUp')).toBe('own')
    expect(neighbour(rows, 'p', 'ArrowDown')).toBe('l')
    expect(neighbour(rows, 'own', 'ArrowDown')).toBe('a')
    expect(neighbour(rows, 'p', 'ArrowUp')).toBe('p')
  })
  it('begin at the first', () => expect([neighbour(rows, null, 'ArrowDown'), neighbour([], null, 'ArrowDown')]).toEqual(['p', null]))
})

it('puts gaps of one duty and time together, and keeps apart those with others to stand in', () => {
  const found = grouped([gap('nb', 'province', 5, 9, ['x']), gap('lm', 'officer', 0, 4), gap('lm', 'province', 5, 9, ['x']), gap('vt1', 'province', 5, 9)])
  expect(found.map(({ duty, sites, stand_ins }) => [duty, sites, stand_ins])).toEqual([['officer', ['lm'], []], ['province', ['nb', 'lm'], ['x']], ['province', ['vt1'], []]])
})
