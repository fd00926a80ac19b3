// Boxes stand where the persons of the shown frame are.
import { describe, expect, it } from 'vitest'
import { PersonBoxes } from './personBoxes'

import type { Track } from './personBoxes'

const track = (id: number, x = 0, w = 0.1): Track => ({ id, x, y: 0, w, h: 0.2, confidence: 0.9 })
const seen = (...sightings: [number, ReturnType<typeof track>[]][]) => {
  const boxes = new PersonBoxes()
  for (const [at, tracks] of sightings) boxes.add(at, tracks)
  return boxes
}

describe('PersonBoxes', () => {
  it('moves a person straight from one sighting to the next', () => {
    const boxes = seen([10_000, [track(1, 0.1)]], [10_400, [track(1, 0.3)]])
    expect(boxes.at(10_100, 10_500)?.[0]?.x).toBeCloseTo(0.15)
    expect(boxes.at(10_300, 10_500)?.[0]?.x).toBeCloseTo(0.25)
  })
  it('goes on with the motion for one more step and half a second at most, for results come after the picture', () => {
    const boxes = seen([10_000, [track(1, 0.1)]], [10_250, [track(1, 0.2)]])
    expect(boxes.at(10_375, 10_375)?.[0]?.x).toBeCloseTo(0.25)
    expect(boxes.at(10_500, 10_500)?.[0]?.x).toBeCloseTo(0.3)
    expect(boxes.at(11_700, 11_700)?.[0]?.x).toBeCloseTo(0.3)
    const slow = seen([10_000, [track(1, 0.1)]], [11_000, [track(1, 0.3)]])
    expect(slow.at(12_300, 12_300)?.[0]?.x).toBeCloseTo(0.4)
  })
  it('beyond the newest sighting keeps its size: who comes into the picture does not swell', () => {
    const boxes = seen([10_000, [track(1, 0, 0.05)]], [10_250, [track(1, 0, 0.1)]])
    const [found] = boxes.at(10_500, 10_500) ?? []
    expect([found?.w, found?.h]).toEqual([0.1, 0.2])
    expect((found?.x ?? 0) + 0.05).toBeCloseTo(0.075) // the foot: 0.025, 0.05, and so on
  })
  it('does not walk anybody out of the picture, nor out of a zone that ends at its edge', () => {
    const boxes = seen([10_000, [{ ...track(1, 0.5), y: 0.65 }]], [10_250, [{ ...track(1, 0.5), y: 0.75 }]])
    const [found] = boxes.at(10_500, 10_500) ?? []
    const foot = (found?.y ?? 0) + (found?.h ?? 0)
    expect(foot).toBeCloseTo(1, 5)
    expect(foot).toBeLessThanOrEqual(1)
  })
  it('says how far a box is a guess, new persons included', () => {
    const boxes = seen([10_000, [track(1, 0.1)]], [10_250, [track(1, 0.2), track(2)]])
    expect(boxes.at(10_200, 10_300)?.map((one) => one.guess)).toEqual([undefined, undefined])
    expect(boxes.at(10_550, 10_550)?.map((one) => one.guess)).toEqual([0.2, 0.2])
    expect(boxes.at(11_740, 11_740)?.map((one) => one.guess)).toEqual([1, 1])
  })
  it('knows nobody from nothing known', () => {
    expect(seen([10_000, [track(1)]], [10_250, []]).at(10_240, 10_300)).toEqual([])
    expect(seen().at(10_000, 10_000)).toBeNull()
    const boxes = seen([10_000, [track(1)]])
    expect(boxes.at(11_400, 11_400)).toHaveLength(1)
    expect(boxes.at(11_600, 11_600)).toBeNull()
    expect(boxes.at(9_000, 10_000)).toBeNull()
    expect(boxes.at(null, 11_000)).toHaveLength(1)
  })
  it('takes sightings far apart as they are', () => {
    const boxes = seen([10_000, [track(1, 0.1)]], [12_000, [track(1, 0.9)]])
    expect(boxes.at(11_800, 12_100)?.[0]?.x).toBe(0.9)
    expect(boxes.at(11_000, 12_100)).toBeNull()
  })
  it('leaves a trail of feet behind each track, up to the picture and no further', () => {
    const boxes = seen([7_000, [track(1, 0)]], [10_000, [track(1, 0.1), track(2, 0.5)]], [11_000, [track(1, 0.2)]], [12_000, [track(1, 0.3)]])
    expect(boxes.trail(1, 11_500)).toEqual([
      { x: 0.15000000000000002, y: 0.2, age: 0.375 }, { x: 0.25, y: 0.2, age: 0.125 },
    ])
    expect(boxes.trail(2, 12_000)).toHaveLength(1)
    expect(boxes.trail(3, 12_000)).toEqual([])
  })
  it('forgets what is long past, and what has no time', () => {
    const boxes = seen([1000, [track(1)]], [Number.NaN, [track(2)]], [20_000, [track(3)]])
    expect(boxes.at(1000, 20_100)).toBeNull()
    expect(boxes.at(20_000, 20_100)).toHaveLength(1)
    expect(boxes.at(20_001, 20_100)?.[0]?.id).toBe(3)
  })
})
