// Which day roots did not leave the house.
import { describe, expect, it } from 'vitest'
import { channelsOf, unsentOf } from './roots'

const NOW = Date.parse('2026-11-23T05:00:00Z')
const dayEnd = (day: string) => Date.parse(`${day}T17:00:00Z`) // midnight at UTC+7
const AT = '2026-11-22T17:01:00Z'
const head = (channels: Record<string, string | null>, ...roots: [day: number, sent: Record<string, string | null>][]) => ({
  seq: 1, hash: 'h', at: AT, roots: roots.map(([day, sent]) => ({ day: `2026-11-${day}`, seq: day, hash: '', sent })),
  channels: Object.entries(channels).map(([channel, error]) => ({ channel, error })),
})

describe('unsentOf', () => {
  it('names the days that a channel has missed, and what stands in the way', () => {
    const found = unsentOf(head({ drop: null, mail: 'refused' }, [22, { drop: AT, mail: null }], [21, { drop: AT, mail: null }], [20, { drop: AT, mail: AT }]), NOW, dayEnd)
    expect(found).toEqual([{ channel: 'mail', days: ['2026-11-21', '2026-11-22'], error: 'refused' }])
  })
  it('gives a day an hour to be sent', () => {
    const one = head({ drop: null }, [22, { drop: null }])
    expect(unsentOf(one, dayEnd('2026-11-22') + 3_500_000, dayEnd)).toEqual([])
    expect(unsentOf(one, dayEnd('2026-11-22') + 3_700_000, dayEnd)).toHaveLength(1)
  })
  it('asks nothing of a channel that is not configured', () => expect(unsentOf(head({}, [22, { mail: null }]), NOW, dayEnd)).toEqual([]))
})

it('shows a channel that is configured, or was', () => {
  expect(channelsOf(head({ mail: null }, [22, { drop: null, syslog: null, mail: null }], [21, { drop: AT, syslog: null, mail: null }]))).toEqual(['mail', 'drop'])
})
