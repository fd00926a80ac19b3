// Groups as rows: closed and opened, what an action is done to, what a row says of itself.
import { describe, expect, it } from 'vitest'
import type { Alert } from '../api/types'
import { keyOf, rowOf, rowsOf, targetOf, tellingOf } from './grouping'

const alert = (id: string, group: string | null = null, more: Partial<Alert> = {}) => ({ id, group, state: 'open', steps: [], ...more }) as unknown as Alert
/** Newest first, as the list is: two of the group of `a`, another between them. */
const list = [alert('c', 'a'), alert('x'), alert('b', 'a'), alert('a')]
const ids = (opened: string[] = []) => rowsOf(list, new Set(opened)).map((row) => [row.alert.id, row.members.length, row.under])

describe('rowsOf', () => {
  it('puts a group where its newest is', () => expect(ids()).toEqual([['c', 3, false], ['x', 1, false]]))
  it('opens it into its alerts, the others under the newest', () => expect(ids(['a'])).toEqual([['c', 1, false], ['b', 1, true], ['a', 1, true], ['x', 1, false]]))
  it('is no group with one alert, though it was opened', () => expect(rowsOf([alert('x')], new Set(['x']))[0]).toMatchObject({ open: false, size: 1 }))
  it('finds the row of an alert that a closed group hides', () => {
    expect(rowOf(rowsOf(list, new Set()), 'b')).toBe(0)
    expect(rowOf(rowsOf(list, new Set(['a'])), 'b')).toBe(1)
    expect(rowOf(rowsOf(list, new Set()), 'gone')).toBe(-1)
  })
  it('keeps a closed group the same row when it grows', () => {
    const before = rowsOf(list, new Set())[0]
    const after = rowsOf([alert('d', 'a'), ...list], new Set())[0]
    expect(before && after && [keyOf(before), keyOf(after)]).toEqual(['a', 'a'])
  })
})

describe('targetOf', () => {
  it('is the whole of a closed group, and says how many wait', () => {
    const [row] = rowsOf([alert('c', 'a', { state: 'acknowledged' }), alert('b', 'a'), alert('a')], new Set())
    expect(row && targetOf(row, 'ack')).toMatchObject({ alert: { id: 'b' }, group: true, count: 2 })
    expect(row && targetOf(row, 'resolve')).toMatchObject({ alert: { id: 'c' }, count: 3 })
  })
  it('is one alone in an opened one, and nothing where nothing waits', () => {
    const rows = rowsOf(list, new Set(['a']))
    expect(rows[1] && targetOf(rows[1], 'ack')).toMatchObject({ alert: { id: 'b' }, group: false })
    const [done] = rowsOf([alert('y', null, { state: 'resolved' })], new Set())
    expect(done && targetOf(done, 'resolve')).toBeNull()
  })
})

it('says of a group what the chain does that calls for all', () => {
  const chain = (state: string) => ({ chain: { state, rung: 0, next_at: null, by: null } }) as Partial<Alert>
  const members = [alert('c', 'a', chain('joined')), alert('a', null, chain('exhausted'))]
  const [row] = rowsOf(members, new Set())
  expect(row && tellingOf(row).id).toBe('a')
  const [taken] = rowsOf([alert('c', 'a', { ...chain('joined'), state: 'acknowledged' }), alert('a', null, chain('running'))], new Set())
  expect(taken && tellingOf(taken).id).toBe('c')
})
