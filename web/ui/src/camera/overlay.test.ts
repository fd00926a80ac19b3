// Who stands in which zone now, by the feet.
import { describe, expect, it } from 'vitest'
import type { Zone } from '../api/types'
import { presenceOf } from './overlay'

const zones: Zone[] = [
  { id: 'no', kind: 'restricted', polygon: [[0, 0.5], [0.5, 0.5], [0.5, 1], [0, 1]] },
  { id: 'hall', kind: 'area', polygon: [[0, 0], [1, 0], [1, 1], [0, 1]] },
  { id: 'gate', kind: 'line', points: [[0, 0.5], [1, 0.5]] },
]
const person = (id: number, x: number, foot: number) => ({ id, x: x - 0.05, y: foot - 0.3, w: 0.1, h: 0.3, confidence: 0.9 })

describe('presence', () => {
  it('counts feet in zones and finds who breaches; a box that only reaches in is outside', () => {
    const found = presenceOf(zones, [person(1, 0.2, 0.8), person(2, 0.53, 0.8), person(3, 0.2, 0.4)])
    expect([...found.counts]).toEqual([['no', 1], ['hall', 3]])
    expect([...found.breaching]).toEqual([1])
  })
  it('knows an empty room', () => {
    expect([...presenceOf(zones, []).counts.values()]).toEqual([0, 0])
  })
})
