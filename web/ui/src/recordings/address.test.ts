// What a link to a recording says.
import { describe, expect, it } from 'vitest'
import { footageOf, placeOf, recordingsAt, searchOf } from './address'
import { visibleOf } from './visible'

const read = (text: string) => placeOf(new URLSearchParams(text))

describe('place', () => {
  it('comes back as it was written', () => {
    const text = '?cameras=a,b,c&at=2026-11-21T14:03:12.250Z&from=2026-11-21T14:00:00Z&to=2026-11-21T14:10:00Z&speed=4&layout=2'
    expect(searchOf(read(text))).toBe(text)
  })
  it('takes four cameras, each once', () => expect(read('cameras=a,b,a,,c,d,e').cameras).toEqual(['a', 'b', 'c', 'd']))
  it('bears what somebody mistyped', () => {
    expect(read('cameras=a&at=yesterday&speed=3&layout=9&from=2026-11-21T14:00:00Z&to=2026-11-21T13:00:00Z')).toMatchObject({ at: null, speed: 1, layout: null, to: null })
    expect(searchOf(read(''))).toBe('')
  })
})

describe('links', () => {
  it('open an alert from before it on', () => {
    expect(footageOf({ camera: 'gate-1', opened_at: '2026-11-21T14:03:12.700Z' })).toBe('/recordings?cameras=gate-1&at=2026-11-21T14:03:02Z&play=1')
    expect(footageOf({ camera: 'gate-1', opened_at: '2026-11-21T14:03:12.700Z', clip: { start: '2026-11-21T13:58:02.500Z' } }))
      .toBe('/recordings?cameras=gate-1&at=2026-11-21T13:58:02Z&play=1')
    expect(footageOf({ camera: null, opened_at: '2026-11-21T14:03:12Z' })).toBeNull()
  })
  it('does not take what is no moment of recordings', () => {
    for (const at of ['1950-01-01T00:00:00Z', '-000001-01-01T00:00:00Z', 'soon']) expect(placeOf(new URLSearchParams({ at })).at).toBeNull()
  })
  it('open cameras without a moment', () => expect(recordingsAt(['a', 'b'])).toBe('/recordings?cameras=a,b'))
})

describe('visibleOf', () => {
  const four = ['a', 'b', 'c', 'd']
  it('shows all, one, or the pair of the active one', () => {
    expect(visibleOf(four, null, 'c')).toEqual(four)
    expect(visibleOf(four, 1, 'c')).toEqual(['c'])
    expect(visibleOf(four, 2, 'c')).toEqual(['c', 'd'])
    expect(visibleOf(four, 1, 'gone')).toEqual(['a'])
    expect(visibleOf([], null, null)).toEqual([])
  })
})
