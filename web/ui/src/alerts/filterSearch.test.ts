// Addresses are typed by hand, too.
import { describe, expect, it } from 'vitest'
import type { Alert } from '../api/types'
import { filterOf } from './filterSearch'
import { matches } from './merge'

describe('filterOf', () => {
  it('takes a day that exists, in the facility\'s zone', () => {
    expect(filterOf(new URLSearchParams('from=2026-11-22&to=2026-11-22'))).toEqual({
      start: '2026-11-21T17:00:00.000Z', end: '2026-11-22T17:00:00.000Z',
    })
  })
  it.each(['2026-13-45', '2026-02-30', '22/11/2026', ''])('leaves out %j', (day) => {
    expect(filterOf(new URLSearchParams({ from: day, to: day }))).toEqual({})
  })
})

describe('the tabs', () => {
  const over = '2026-11-22T02:01:00Z'
  const all = [['open', null], ['ended', over], ['acknowledged', null], ['acknowledged', over], ['resolved', null], ['resolved', over]] as const
  it.each([
    ['ongoing', ['open', 'acknowledged', 'resolved']],
    ['untaken', ['open', 'ended over']],
    ['acknowledged', ['acknowledged', 'acknowledged over']],
    ['resolved', ['resolved', 'resolved over']],
  ])('%s: whether it goes on is one thing, whether somebody took it another', (tab, wanted) => {
    const filter = filterOf(new URLSearchParams({ state: tab }))
    const found = all.filter(([state, ended_at]) => matches({ state, ended_at } as Alert, filter))
    expect(found.map(([state, ended]) => (ended ? `${state} over` : state))).toEqual(wanted)
  })
  it('leave a state of the interface as it is', () => {
    expect(filterOf(new URLSearchParams('state=ended'))).toEqual({ state: 'ended' })
    expect(filterOf(new URLSearchParams('state=constructor'))).toEqual({ state: 'constructor' })
  })
})
