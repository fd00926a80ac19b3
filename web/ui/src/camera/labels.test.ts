// Names in a picture: in their own shapes, apart from each other, inside the picture.
import { describe, expect, it } from 'vitest'
import type { Point, Zone } from '../api/types'
import { contains, pointsOf } from './geometry'
import { placeLabels, type Place } from './labels'

const picture = { width: 900, height: 500 }
const name = { width: 110, height: 22 }
const rectangle = (id: string, [left, top, right, bottom]: readonly [number, number, number, number]): Zone => ({
  id, kind: 'area', polygon: [[left, top], [right, top], [right, bottom], [left, bottom]],
})
const place = (zones: Zone[], size = name) => placeLabels(zones, zones.map(() => size), picture)
const corners = ({ left, top }: Place, size = name): Point[] =>
  [[left, top], [left + size.width, top], [left, top + size.height], [left + size.width, top + size.height]].map(([x = 0, y = 0]): Point => [x / picture.width, y / picture.height])
const overlapping = (one: Place, other: Place) => Math.abs(one.left - other.left) < name.width && Math.abs(one.top - other.top) < name.height
const pairs = (places: Place[]) => places.flatMap((one, index) => places.slice(index + 1).filter((other) => overlapping(one, other)))

describe('names of zones', () => {
  it('stand inside their own shape, also where that is hollow', () => {
    const hollow: Zone = { id: 'l', kind: 'area', polygon: [[0.1, 0.1], [0.15, 0.1], [0.15, 0.8], [0.9, 0.8], [0.9, 0.95], [0.1, 0.95]] }
    for (const zone of [rectangle('a', [0.3, 0.3, 0.8, 0.9]), hollow]) {
      const [found] = place([zone])
      expect(found && corners(found).every((corner) => contains(pointsOf(zone), corner))).toBe(true)
    }
  })
  it('do not lie over each other where shapes do', () => {
    const nested = [rectangle('a', [0.1, 0.2, 0.5, 0.9]), rectangle('b', [0.12, 0.2, 0.7, 0.7]), rectangle('c', [0.1, 0.2, 0.5, 0.9]), rectangle('d', [0.11, 0.21, 0.5, 0.9])]
    const line: Zone = { id: 'l', kind: 'line', points: [[0.15, 0.22], [0.6, 0.25]] }
    expect(pairs(place([...nested, line]))).toEqual([])
  })
  it('do not lie beneath a chip in the corner', () => {
    const chip = { left: 700, top: 10, width: 190, height: 26 }
    const [found] = placeLabels([rectangle('a', [0.77, 0, 1, 0.5])], [name], picture, [chip])
    expect(found && overlapping(found, { left: chip.left, top: chip.top }) || (found?.top ?? 0) < chip.top + chip.height).toBe(false)
  })
  it('stand where no other zone is, if there is such a place', () => {
    const [outer, inner] = [rectangle('outer', [0.1, 0.1, 0.9, 0.9]), rectangle('inner', [0.1, 0.1, 0.9, 0.6])]
    const [found] = place([outer, inner])
    expect(found && corners(found).some((corner) => contains(pointsOf(inner), corner))).toBe(false)
  })
  it('stay in the picture, however small the shape', () => {
    const small = [rectangle('a', [0.98, 0.98, 1, 1]), rectangle('b', [0, 0, 0.02, 0.02]), { id: 'l', kind: 'line', points: [[1, 0], [1, 1]] } as Zone]
    for (const { left, top } of place(small)) {
      expect(left >= 0 && top >= 0 && left + name.width <= picture.width && top + name.height <= picture.height).toBe(true)
    }
  })
  it('are placed anew when the picture or a name has another size', () => {
    const zones = [rectangle('a', [0.5, 0.5, 1, 1])]
    const first = place(zones)
    expect(place(zones)).toBe(first)
    expect(placeLabels(zones, [name], { width: 450, height: 250 })[0]?.left).toBeLessThan(first[0]?.left ?? 0)
    expect(placeLabels(zones, [{ width: 600, height: 22 }], picture)[0]?.left).toBe(300)
  })
})
