// What the pointer takes hold of.
import { describe, expect, it } from 'vitest'
import type { Analysis } from '../../api/types'
import { hitAt, offers, outlineAt } from './hits'

const size = { width: 1000, height: 500 }
const draft: Analysis = {
  zones: [
    { id: 'below', kind: 'area', polygon: [[0.1, 0.1], [0.6, 0.1], [0.6, 0.9], [0.1, 0.9]] },
    { id: 'above', kind: 'restricted', polygon: [[0.4, 0.1], [0.9, 0.1], [0.9, 0.9], [0.4, 0.9]] },
    { id: 'line', kind: 'line', points: [[0.05, 0.95], [0.95, 0.95]] },
  ],
  rules: [],
}

describe('hitting a drawing', () => {
  it('takes the uppermost shape, unless the selected one is there', () => {
    expect(hitAt(draft, null, [0.5, 0.5], size, 'mouse')).toEqual({ zone: 'above', body: true })
    expect(hitAt(draft, 'below', [0.5, 0.5], size, 'mouse')).toEqual({ zone: 'below', body: true })
    expect(hitAt(draft, 'below', [0.8, 0.5], size, 'mouse')).toEqual({ zone: 'above', body: true })
    expect(hitAt(draft, null, [0.02, 0.02], size, 'mouse')).toBeNull()
  })
  it('takes corners and offers of the selected shape alone', () => {
    expect(hitAt(draft, 'above', [0.402, 0.11], size, 'mouse')).toEqual({ zone: 'above', corner: 0 })
    expect(hitAt(draft, null, [0.402, 0.11], size, 'mouse')).toEqual({ zone: 'above', body: true })
    expect(hitAt(draft, 'above', [0.65, 0.1], size, 'mouse')).toEqual({ zone: 'above', insert: 1, at: [0.65, 0.1] })
  })
  it('takes a line along its length, from further away by a finger', () => {
    expect(hitAt(draft, null, [0.5, 0.96], size, 'mouse')).toEqual({ zone: 'line', body: true })
    expect(hitAt(draft, null, [0.5, 0.975], size, 'mouse')).toBeNull()
    expect(hitAt(draft, null, [0.5, 0.975], size, 'touch')).toEqual({ zone: 'line', body: true })
  })
  it('offers a corner in the middle of each edge that has the room', () => {
    const [below, , line] = draft.zones
    if (!below || !line) throw new Error('zones')
    expect(offers(below, size).map((one) => one.index)).toEqual([1, 2, 3, 4])
    expect(offers(line, size)).toEqual([{ index: 1, at: [0.5, 0.95] }])
    expect(offers(below, { width: 40, height: 20 })).toEqual([])
    expect(outlineAt(below, [0.3, 0.1], size, 'mouse')).toMatchObject({ index: 1 })
    expect(outlineAt(below, [0.1, 0.1], size, 'mouse')).toBeNull()
    expect(outlineAt(below, [0.3, 0.5], size, 'mouse')).toBeNull()
  })
})
