// Boxes belong to the frame they were seen on.
import { describe, expect, it } from 'vitest'
import { PersonBoxes } from './personBoxes'

const track = (id: number) => [{ id, x: 0, y: 0, w: 0.1, h: 0.2, confidence: 0.9 }]

describe('PersonBoxes', () => {
  it('takes the nearest within half a second of the frame', () => {
    const boxes = new PersonBoxes()
    boxes.add(10_000, track(1))
    boxes.add(10_500, track(2))
    expect(boxes.at(10_200, 11_000)[0]?.id).toBe(1)
    expect(boxes.at(10_400, 11_000)[0]?.id).toBe(2)
  })
  it('else the newest, as long as it is younger than 1.5 s', () => {
    const boxes = new PersonBoxes()
    boxes.add(10_000, track(1))
    expect(boxes.at(12_000, 11_400)[0]?.id).toBe(1)
    expect(boxes.at(12_000, 11_600)).toEqual([])
    expect(boxes.at(null, 10_500)[0]?.id).toBe(1)
  })
  it('shows that nobody is there any more', () => {
    const boxes = new PersonBoxes()
    boxes.add(10_000, track(1))
    boxes.add(10_250, [])
    expect(boxes.at(10_240, 10_300)).toEqual([])
  })
  it('forgets what is long past, and what has no time', () => {
    const boxes = new PersonBoxes()
    boxes.add(1000, track(1))
    boxes.add(Number.NaN, track(2))
    boxes.add(20_000, track(3))
    expect(boxes.at(1000, 20_100)[0]?.id).toBe(3)
  })
})
