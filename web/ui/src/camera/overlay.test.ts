// Who stands in which zone now, by the feet; what of it is drawn.
import { describe, expect, it } from 'vitest'
import type { Zone } from '../api/types'
import { penOf } from '../testing/pen'
import { drawTracks, drawZones, presenceOf } from './overlay'

const zones: Zone[] = [
  { id: 'no', kind: 'restricted', polygon: [[0, 0.5], [0.5, 0.5], [0.5, 1], [0, 1]] },
  { id: 'hall', kind: 'area', polygon: [[0, 0], [1, 0], [1, 1], [0, 1]] },
  { id: 'gate', kind: 'line', points: [[0, 0.5], [1, 0.5]] },
]
const person = (id: number, x: number, foot: number) => ({ id, x: x - 0.05, y: foot - 0.3, w: 0.1, h: 0.3, confidence: 0.9 })

describe('presence', () => {
  it('counts feet in zones and finds who breaches; a box that only reaches in is outside', () => {
    const found = presenceOf(zones, [person(1, 0.2, 0.8), person(2, 0.53, 0.8), person(3, 0.2, 0.4)], new Set(['no']))
    expect([...found.counts]).toEqual([['no', 1], ['hall', 3]])
    expect([...found.breaching]).toEqual([1])
  })
  it('finds nobody breaching where no breach goes on, and everybody in a watched area where one does', () => {
    const persons = [person(1, 0.2, 0.8), person(2, 0.7, 0.8)]
    expect([...presenceOf(zones, persons, new Set()).breaching]).toEqual([])
    expect([...presenceOf(zones, persons, new Set(['hall'])).breaching]).toEqual([1, 2])
  })
  it('knows an empty room', () => {
    expect([...presenceOf(zones, [], new Set()).counts.values()]).toEqual([0, 0])
  })
})

describe('what is drawn', () => {
  const gate: Zone = { id: 'gate', kind: 'line', name: 'Vạch', points: [[0, 0.5], [1, 0.5]] }
  const lettered = (zone: Zone, direction: 'a_to_b' | null) => {
    const { context, said } = penOf()
    drawZones(context, [zone], 400, 200, direction ? [{ id: 'r', kind: 'line_crossing', zone: zone.id, direction }] : [])
    return said().filter(({ text }) => text === 'A' || text === 'B')
  }
  it('names the two sides of a line that is counted: left of its way is A', () => {
    expect(lettered(gate, 'a_to_b').map(({ text, x, y }) => [text, x, y])).toEqual([['A', 200, 66], ['B', 200, 134]])
    expect(lettered({ ...gate, points: [[1, 0.5], [0, 0.5]] }, 'a_to_b').map(({ text, y }) => [text, y])).toEqual([['A', 134], ['B', 66]])
    expect(lettered(gate, null)).toEqual([])
  })
  it('keeps the letters in the picture', () => {
    expect(lettered({ ...gate, points: [[0, 0.98], [1, 0.98]] }, 'a_to_b').map(({ y }) => y)).toEqual([162, 192])
  })
  it('marks who breaches, and is fainter where a box is a guess', () => {
    const { context, strokes, said } = penOf()
    drawTracks(context, [person(1, 0.2, 0.8), { ...person(2, 0.7, 0.8), guess: 1 }], 400, 200, new Set([1]), () => [])
    expect(said().map(({ text }) => text)).toEqual(['◆ 1 · 90%', '2 · 90%'])
    const boxes = strokes.filter(({ what, style }) => what === 'stroke' && style.lineWidth === 2).map(({ style }) => style.globalAlpha as number)
    expect(boxes[0]).toBe(1)
    expect(boxes[1]).toBeLessThan(0.5)
  })
})
