// Which day roots did not leave the house.
import { describe, expect, it } from 'vitest'
import { channelsOf, isAlone, unsentOf } from './roots'

const NOW = Date.parse('2026-11-23T05:00:00Z')
const dayEnd = (day: string) => Date.parse(`${day}T17:00:00Z`) // midnight at UTC+7
const root = (day: number, sent: Record<string, string | null>) => ({ day: `2026-11-${day}`, seq: day, hash: '', sent })
const AT = '2026-11-22T17:01:00Z'

describe('unsentOf', () => {
  it('names the days that a channel missed after it had worked', () => {
    const roots = [root(22, { drop: AT, mail: null }), root(21, { drop: AT, mail: null }), root(20, { drop: AT, mail: AT }), root(19, { drop: AT, mail: null })]
    expect(unsentOf(roots, NOW, dayEnd)).toEqual([{ channel: 'mail', days: ['2026-11-21', '2026-11-22'] }])
  })
  it('gives a day an hour to be sent', () => {
    const roots = [root(22, { drop: null }), root(21, { drop: AT })]
    expect(unsentOf(roots, dayEnd('2026-11-22') + 3_500_000, dayEnd)).toEqual([])
    expect(unsentOf(roots, dayEnd('2026-11-22') + 3_700_000, dayEnd)).toEqual([{ channel: 'drop', days: ['2026-11-22'] }])
  })
  it('does not blame a channel that was never used', () => expect(unsentOf([root(22, { drop: AT, mail: null })], NOW, dayEnd)).toEqual([]))
})

describe('isAlone', () => {
  it('is so when nothing has left by any channel', () => {
    expect(isAlone([root(22, { drop: null, mail: null })], NOW, dayEnd)).toBe(true)
    expect(isAlone([root(22, {})], NOW, dayEnd)).toBe(true)
    expect(isAlone([root(22, { drop: AT, mail: null })], NOW, dayEnd)).toBe(false)
  })
  it('says nothing before a root was due', () => {
    expect(isAlone([], NOW, dayEnd)).toBe(false)
    expect(isAlone([root(23, { drop: null })], NOW, dayEnd)).toBe(false)
  })
})

it('channels come in one order, unknown ones last', () => expect(channelsOf([root(1, { s3: null, mail: null, drop: null })])).toEqual(['drop', 'mail', 's3']))
