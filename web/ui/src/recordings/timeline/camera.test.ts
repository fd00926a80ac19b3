// What cameras are called beside each other.
import { describe, expect, it } from 'vitest'
import { labelsOf } from './camera'

const named = (id: string, name: string, site = '') => ({ id, name, site })

describe('labelsOf', () => {
  it('names the site only where two have the same name', () => {
    const labels = labelsOf([named('a', 'Hành lang 1', 'Vị Thanh 1'), named('b', 'Hành lang 1', 'Vị Thanh 2'), named('c', 'Cổng chính', 'Vị Thanh 2')])
    expect([...labels.values()]).toEqual(['Hành lang 1 · Vị Thanh 1', 'Hành lang 1 · Vị Thanh 2', 'Cổng chính'])
  })
  it('does without a site that is not known', () => expect(labelsOf([named('a', 'a'), named('b', 'a')]).get('b')).toBe('a'))
})
