// The filter of the log from the address.
import { afterEach, describe, expect, it } from 'vitest'
import { setTimeZone } from '../time/format'
import { filterOf, utcOf } from './filter'

afterEach(() => setTimeZone('Asia/Ho_Chi_Minh'))

describe('filterOf', () => {
  it('takes what is set, times by the facility\'s clocks', () => {
    expect(filterOf(new URLSearchParams('start=2026-11-23T00:00&user=khanh&camera=&outcome=refused&other=1'))).toEqual({
      start: '2026-11-22T17:00:00.000Z', user: 'khanh', outcome: 'refused',
    })
  })
  it.each(['yesterday', '2026-13-45T99:99', '2026-11-23'])('leaves %s out', (text) => expect(filterOf(new URLSearchParams({ start: text }))).toEqual({}))
})

it('knows summer from winter', () => {
  setTimeZone('Europe/Berlin')
  expect([utcOf('2026-07-01T12:00'), utcOf('2026-12-01T12:00')]).toEqual(['2026-07-01T10:00:00.000Z', '2026-12-01T11:00:00.000Z'])
})
