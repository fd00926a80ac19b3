// Shapes over a picture. Points are fractions of it, origin top left; what is measured on the screen is in pixels. Pure.
import type { Point, Zone } from '../api/types'

export interface Size {
  width: number
  height: number
}

/** Feet that the picture's edge cuts off lie at exactly 0 or 1: a corner so near to it is meant to be on it. */
const EDGE_PX = 9
const DECIMALS = 1e4

export const pointsOf = (zone: Zone): readonly Point[] => zone.polygon ?? zone.points ?? []
export const isLine = (zone: Pick<Zone, 'kind'>) => zone.kind === 'line'

export function withPoints(zone: Zone, points: readonly Point[]): Zone {
  return isLine(zone) ? { ...zone, points: [...points] } : { ...zone, polygon: [...points] }
}

const within = (value: number) => Math.min(1, Math.max(0, value))
const rounded = (value: number) => Math.round(value * DECIMALS) / DECIMALS

/** Inside the picture, as precise as it is stored. */
export const settled = ([x, y]: Point): Point => [rounded(within(x)), rounded(within(y))]

/** `settled`, and drawn to the picture's edge where that is near. */
export function snapped([x, y]: Point, size: Size): Point {
  const near = (value: number, length: number) =>
    value * length < EDGE_PX ? 0 : (1 - value) * length < EDGE_PX ? 1 : value
  return settled([near(x, size.width), near(y, size.height)])
}

export const distance = (a: Point, b: Point, size: Size) =>
  Math.hypot((a[0] - b[0]) * size.width, (a[1] - b[1]) * size.height)

/** The corner within `reach` pixels of `at`, the nearest one; -1 when there is none. */
export function cornerAt(points: readonly Point[], at: Point, size: Size, reach: number): number {
  let [found, least] = [-1, reach]
  points.forEach((point, index) => {
    const away = distance(point, at, size)
    if (away <= least) [found, least] = [index, away]
  })
  return found
}

/** Edges as pairs of corners; the last one of a polygon leads back to its first corner. */
export function edgesOf(points: readonly Point[], closed: boolean): [Point, Point][] {
  const edges: [Point, Point][] = []
  points.forEach((point, index) => {
    const next = points[index + 1] ?? (closed && points.length > 2 ? points[0] : undefined)
    if (next) edges.push([point, next])
  })
  return edges
}

export interface OnEdge {
  /** A corner put in at this index stands on the edge. */
  index: number
  at: Point
  away: number
}

/** The place on the nearest edge within `reach` pixels of `at`; null when none is so near. */
export function edgeAt(points: readonly Point[], closed: boolean, at: Point, size: Size, reach: number): OnEdge | null {
  let best: OnEdge | null = null
  edgesOf(points, closed).forEach(([from, to], index) => {
    const [dx, dy] = [(to[0] - from[0]) * size.width, (to[1] - from[1]) * size.height]
    const along = ((at[0] - from[0]) * size.width * dx + (at[1] - from[1]) * size.height * dy) / Math.max(1e-9, dx * dx + dy * dy)
    const share = within(along)
    const on: Point = [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share]
    const away = distance(on, at, size)
    if (away <= (best?.away ?? reach)) best = { index: index + 1, at: settled(on), away }
  })
  return best
}

/** All points moved alike, so far that none leaves the picture: the shape stays what it is. */
export function moved(points: readonly Point[], dx: number, dy: number): Point[] {
  const shift = (values: number[], by: number) => Math.min(1 - Math.max(...values), Math.max(-Math.min(...values), by))
  const x = shift(points.map((point) => point[0]), dx)
  const y = shift(points.map((point) => point[1]), dy)
  return points.map((point) => settled([point[0] + x, point[1] + y]))
}

/** On the grid that corners are stored on, what is not in line is further from it than this. */
const IN_LINE = 1e-9

/** Twice the signed area of a, b, c: positive when c lies to the right of who goes from a to b, as seen on the screen. */
function turn(a: Point, b: Point, c: Point): number {
  const twice = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
  return Math.abs(twice) < IN_LINE ? 0 : twice
}

export function areaOf(points: readonly Point[]): number {
  let sum = 0
  points.forEach(([x, y], index) => {
    const [nextX, nextY] = points[(index + 1) % points.length] ?? [x, y]
    sum += x * nextY - nextX * y
  })
  return Math.abs(sum) / 2
}

/** Where two stretches meet: the point, or null when they do not. Stretches that lie in each other meet at an end. */
export function meeting([a, b]: [Point, Point], [c, d]: [Point, Point]): Point | null {
  const [sideC, sideD, sideA, sideB] = [turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)]
  if (sideC * sideD < 0 && sideA * sideB < 0) {
    const share = sideA / (sideA - sideB)
    return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share]
  }
  if (sideC === 0 && between(a, b, c)) return c
  if (sideD === 0 && between(a, b, d)) return d
  if (sideA === 0 && between(c, d, a)) return a
  return sideB === 0 && between(c, d, b) ? b : null
}

/** Whether c, on the line through a and b, lies on the stretch between them. */
const between = (a: Point, b: Point, c: Point) =>
  Math.min(a[0], b[0]) <= c[0] && c[0] <= Math.max(a[0], b[0]) && Math.min(a[1], b[1]) <= c[1] && c[1] <= Math.max(a[1], b[1])

/** Where a shape meets itself other than from edge to next edge: there it is not clear what is inside. */
export function crossings(points: readonly Point[], closed: boolean): Point[] {
  const edges = edgesOf(points, closed)
  const found: Point[] = []
  edges.forEach((one, i) => {
    for (let j = i + 1; j < edges.length; j++) {
      const other = edges[j]
      if (!other) continue
      const follows = j === i + 1
      const precedes = closed && i === 0 && j === edges.length - 1
      const at = follows ? doubledBack(one, other) : precedes ? doubledBack(other, one) : meeting(one, other)
      if (at) found.push(at)
    }
  })
  return found
}

/** Neighbours share a corner; they may not run back over each other. */
function doubledBack([a, b]: [Point, Point], [, d]: [Point, Point]): Point | null {
  if (b[0] === d[0] && b[1] === d[1]) return b
  const back = (d[0] - b[0]) * (b[0] - a[0]) + (d[1] - b[1]) * (b[1] - a[1]) < 0
  return turn(a, b, d) === 0 && back ? b : null
}

/** Whether a foot point stands in the polygon, its border included: as the detector decides it. */
export function contains(polygon: readonly Point[], [x, y]: Point): boolean {
  let odd = false
  for (const [[ax, ay], [bx, by]] of edgesOf(polygon, true)) {
    if (turn([ax, ay], [bx, by], [x, y]) === 0 && between([ax, ay], [bx, by], [x, y])) return true
    if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) odd = !odd
  }
  return odd
}

/** Where somebody stands: the middle of the box's lower edge. */
export const footOf = (box: { x: number; y: number; w: number; h: number }): Point => [box.x + box.w / 2, box.y + box.h]

export interface Arrow {
  /** In pixels: the middle of the line, and the unit step to the right of who goes along it. */
  x: number
  y: number
  right: readonly [number, number]
}

/** Where a line's arrow stands; null for a line without length. */
export function arrowOf(points: readonly Point[], size: Size): Arrow | null {
  const edges = edgesOf(points, false)
  const total = edges.reduce((sum, [from, to]) => sum + distance(from, to, size), 0)
  let left = total / 2
  for (const [from, to] of edges) {
    const length = distance(from, to, size)
    if (length > 0 && left <= length) {
      const share = left / length
      const [dx, dy] = [((to[0] - from[0]) * size.width) / length, ((to[1] - from[1]) * size.height) / length]
      return {
        x: (from[0] + (to[0] - from[0]) * share) * size.width,
        y: (from[1] + (to[1] - from[1]) * share) * size.height,
        right: [-dy, dx],
      }
    }
    left -= length
  }
  return null
}
