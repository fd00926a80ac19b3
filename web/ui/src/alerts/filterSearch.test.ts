// Addresses are typed by hand, too.
import { describe, expect, it } from 'vitest'
import { filterOf } from './filterSearch'

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
