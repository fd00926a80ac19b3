// Shapes over a picture: what is hit, what crosses itself, who stands inside.
import { describe, expect, it } from 'vitest'
import type { Point } from '../api/types'
import { areaOf, arrowOf, contains, cornerAt, crossings, edgeAt, footOf, moved, settled, snapped, withPoints } from './geometry'

const size = { width: 1000, height: 500 }
const square: Point[] = [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]]
const bow: Point[] = [[0.2, 0.2], [0.8, 0.8], [0.8, 0.2], [0.2, 0.8]]

describe('hitting', () => {
  it('takes the nearest corner within reach, measured on the screen', () => {
    expect(cornerAt(square, [0.205, 0.21], size, 10)).toBe(0)
    // 12 px to the side is out of reach, although it is less than that in fractions of the height.
    expect(cornerAt(square, [0.212, 0.2], size, 10)).toBe(-1)
    expect(cornerAt([[0.5, 0.5], [0.505, 0.5]], [0.504, 0.5], size, 10)).toBe(1)
  })
  it('puts a new corner on the edge that is nearest', () => {
    expect(edgeAt(square, true, [0.5, 0.21], size, 10)).toMatchObject({ index: 1, at: [0.5, 0.2] })
    expect(edgeAt(square, true, [0.2, 0.5], size, 10)).toMatchObject({ index: 4, at: [0.2, 0.5] })
    expect(edgeAt(square, false, [0.2, 0.5], size, 10)).toBeNull()
    expect(edgeAt(square, true, [0.5, 0.5], size, 10)).toBeNull()
    expect(edgeAt([[0.1, 0.1], [0.1, 0.1]], false, [0.1, 0.1], size, 5)).toMatchObject({ at: [0.1, 0.1] })
  })
})

describe('moving', () => {
  it('keeps the shape whole at the edge of the picture', () => {
    expect(moved(square, 0.5, -0.1)).toEqual([[0.4, 0.1], [1, 0.1], [1, 0.7], [0.4, 0.7]])
    expect(moved(square, -9, -9)[0]).toEqual([0, 0])
  })
  it('settles within the picture, and draws a corner near its edge onto it', () => {
    expect(settled([-0.2, 1.7])).toEqual([0, 1])
    expect(settled([0.123456, 0.5])).toEqual([0.1235, 0.5])
    expect(snapped([0.005, 0.99], size)).toEqual([0, 1])
    expect(snapped([0.02, 0.95], size)).toEqual([0.02, 0.95])
  })
  it('gives a line points and the others a polygon', () => {
    expect(withPoints({ id: 'a', kind: 'line', points: [] }, square.slice(0, 2))).toEqual({ id: 'a', kind: 'line', points: square.slice(0, 2) })
    expect(withPoints({ id: 'a', kind: 'area', polygon: [] }, square)).toEqual({ id: 'a', kind: 'area', polygon: square })
  })
})

describe('crossing itself', () => {
  it('is seen, and where', () => {
    expect(crossings(square, true)).toEqual([])
    expect(crossings(bow, true)).toHaveLength(1)
    const [x, y] = crossings(bow, true)[0] ?? [0, 0]
    expect([x, y]).toEqual([expect.closeTo(0.5), expect.closeTo(0.5)])
    expect(crossings([...square].reverse(), true)).toEqual([])
  })
  it('is a corner that lies on another edge, or on another corner', () => {
    expect(crossings([[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.5, 0.2], [0.2, 0.8]], true)).not.toEqual([])
    expect(crossings([[0, 0], [0.5, 0.5], [1, 0], [1, 1], [0.5, 0.5], [0, 1]], true)).not.toEqual([])
  })
  it('is an edge that runs back over the one before, but not one that goes straight on', () => {
    expect(crossings([[0.2, 0.5], [0.8, 0.5], [0.5, 0.5], [0.5, 0.9]], true)).not.toEqual([])
    expect(crossings([[0.2, 0.2], [0.5, 0.2], [0.8, 0.2], [0.8, 0.8]], true)).toEqual([])
    expect(crossings([[0.2, 0.2], [0.2, 0.2], [0.8, 0.8], [0.1, 0.9]], true)).not.toEqual([])
  })
  it('leaves a triangle and a line alone', () => {
    expect(crossings([[0, 0], [1, 0], [0.5, 1]], true)).toEqual([])
    expect(crossings([[0, 0], [1, 0]], false)).toEqual([])
    expect(crossings([[0, 0], [1, 0], [1, 1], [0.5, -0.5]], false)).not.toEqual([])
  })
  it('measures the area that is left', () => {
    expect(areaOf(square)).toBeCloseTo(0.36)
    expect(areaOf([[0, 0], [0.5, 0.5], [1, 1]])).toBeCloseTo(0)
  })
})

describe('standing inside', () => {
  it('goes by the feet, and counts the border', () => {
    expect(contains(square, [0.5, 0.5])).toBe(true)
    expect(contains(square, [0.2, 0.5])).toBe(true)
    expect(contains(square, [0.8, 0.8])).toBe(true)
    expect(contains(square, [0.81, 0.5])).toBe(false)
    expect(contains([[0, 0.5], [1, 0.5], [1, 1], [0, 1]], [0.3, 1])).toBe(true)
    expect(footOf({ x: 0.4, y: 0.1, w: 0.2, h: 0.3 })).toEqual([expect.closeTo(0.5), expect.closeTo(0.4)])
  })
  it('knows a hollow from the inside', () => {
    const hollow: Point[] = [[0, 0], [1, 0], [1, 1], [0.5, 0.2], [0, 1]]
    expect(contains(hollow, [0.5, 0.5])).toBe(false)
    expect(contains(hollow, [0.1, 0.5])).toBe(true)
    expect(contains([], [0.5, 0.5])).toBe(false)
  })
})

describe('a line', () => {
  it('has its right side below when it goes from left to right', () => {
    const arrow = arrowOf([[0.2, 0.6], [0.8, 0.6]], size)
    expect(arrow).toMatchObject({ x: expect.closeTo(500), y: expect.closeTo(300) })
    expect(arrow?.right).toEqual([expect.closeTo(0), 1])
    expect(arrowOf([[0.8, 0.6], [0.2, 0.6]], size)?.right[1]).toBe(-1)
  })
  it('has its arrow half way along, upright on the stretch that is there', () => {
    const arrow = arrowOf([[0, 0], [0, 0.5], [1, 0.5]], size)
    expect([arrow?.x, arrow?.y]).toEqual([375, 250])
    expect(arrowOf([[0.5, 0.5], [0.5, 0.5]], size)).toBeNull()
    expect(arrowOf([], size)).toBeNull()
  })
})
