// Where the names of zones and lines stand in a picture: each in its own shape, and none over another. Pure; in pixels.
import type { Point, Zone } from '../api/types'
import { arrowOf, edgesOf, isLine, pointsOf, type Size } from './geometry'

export interface Place {
  /** The upper left corner. */
  left: number
  top: number
}

/** A name keeps so far from its shape's edges, where handles stand, and from other names. */
const EDGE_PX = 9
const APART_PX = 3
/** So many places are tried along each side of what is around a shape. */
const STEPS = 12

/** From a line's middle to the end of its arrow and its sides' letters. */
const ARROW_PX = 50

export interface Box extends Place, Size {}

const placed = new WeakMap<readonly Zone[], { key: string; places: Place[] }>()

/** One place for each zone, in their order. `names` are the sizes of the names, `chips` what else lies over the picture. */
export function placeLabels(zones: readonly Zone[], names: readonly Size[], picture: Size, chips: readonly Box[] = []): Place[] {
  // Drawn again with every step that somebody takes in the picture.
  const key = JSON.stringify([names, picture, chips])
  const known = placed.get(zones)
  if (known?.key === key) return known.places
  const places = settle(zones, names, picture, chips)
  placed.set(zones, { key, places })
  return places
}

function settle(zones: readonly Zone[], names: readonly Size[], picture: Size, chips: readonly Box[]): Place[] {
  const taken: Box[] = [...chips, ...zones.filter(isLine).flatMap((zone) => arrowBox(zone, picture))]
  const rings = zones.map((zone) => (isLine(zone) ? null : ringOf(zone, picture)))
  return zones.map((zone, index) => {
    const name = names[index] ?? { width: 0, height: 0 }
    const ring = rings[index]
    let [best, least]: [Place, number] = [{ left: 0, top: 0 }, Infinity]
    for (const { place, cost } of ring ? insideShape(ring, name, picture) : besideLine(zone, name, picture)) {
      if (cost >= least) continue
      const box = { ...place, ...name }
      // To be legible goes before standing in the shape, that before standing in no other, that before standing high.
      const hidden = taken.reduce((sum, other) => sum + overlap(box, other), 0)
      const legible = cost + (hidden > 0 ? 100_000 + 100 * hidden : 0)
      if (legible >= least) continue
      const shared = ring ? rings.filter((other) => other && other !== ring && share(other, box) > 0).length : 0
      const whole = legible + 2_000 * shared
      if (whole < least) [best, least] = [place, whole]
    }
    taken.push({ ...best, ...name })
    return best
  })
}

/** A polygon in pixels: what is tried a thousand times a picture is plain numbers. */
interface Ring {
  xs: number[]
  ys: number[]
}

const ringOf = (zone: Zone, picture: Size): Ring => ({ xs: pointsOf(zone).map(([x]) => x * picture.width), ys: pointsOf(zone).map(([, y]) => y * picture.height) })

function holds({ xs, ys }: Ring, x: number, y: number): boolean {
  let odd = false
  for (let i = 0, j = xs.length - 1; i < xs.length; j = i++) {
    const ax = xs[i] ?? 0, ay = ys[i] ?? 0, bx = xs[j] ?? 0, by = ys[j] ?? 0
    if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) odd = !odd
  }
  return odd
}

/** The share of a name that lies in a shape, by its corners and the middles of its long sides. */
function share(ring: Ring, { left, top, width, height }: Box): number {
  let inside = 0
  for (let side = 0; side < 3; side++) {
    const x = left + (width * side) / 2
    inside += Number(holds(ring, x, top)) + Number(holds(ring, x, top + height))
  }
  return inside / 6
}

function arrowBox(zone: Zone, picture: Size): Box[] {
  const arrow = arrowOf(pointsOf(zone), picture)
  if (!arrow) return []
  const [halfX, halfY] = arrow.right.map((step) => Math.max(10, Math.abs(step) * ARROW_PX)) as [number, number]
  return [{ left: arrow.x - halfX, top: arrow.y - halfY, width: 2 * halfX, height: 2 * halfY }]
}

interface Choice {
  place: Place
  cost: number
}

/** On a grid over the shape: the higher the better, and far better where all of the name is inside. */
function insideShape(ring: Ring, name: Size, picture: Size): Choice[] {
  const { xs, ys } = ring
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  const [spanX, spanY] = [Math.max(0, right - left - name.width - 2 * EDGE_PX), Math.max(0, bottom - top - name.height - 2 * EDGE_PX)]
  const found: Choice[] = []
  for (let row = 0; row <= STEPS; row++) {
    for (let column = 0; column <= STEPS; column++) {
      const place = within({ left: left + EDGE_PX + (spanX * column) / STEPS, top: top + EDGE_PX + (spanY * row) / STEPS }, name, picture)
      const height = (place.top - top) + 0.2 * (place.left - left)
      found.push({ place, cost: height + 10_000 * (1 - share(ring, { ...place, ...name })) })
    }
  }
  return found
}

/** Above or beneath its points, then along its stretches: the middle is the arrow's. */
function besideLine(zone: Zone, name: Size, picture: Size): Choice[] {
  const points = pointsOf(zone)
  const along = edgesOf(points, false).flatMap(([from, to]) => [0.15, 0.3, 0.7, 0.85].map((share): Point => [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share]))
  return [...points, ...along].flatMap(([x, y], index) =>
    [-name.height - EDGE_PX, EDGE_PX].map((away, side) => ({
      place: within({ left: x * picture.width - (index === 0 ? 0 : name.width / 2), top: y * picture.height + away }, name, picture), cost: 10 * index + side,
    })))
}

const within = ({ left, top }: Place, name: Size, picture: Size): Place => ({
  left: Math.max(0, Math.min(left, picture.width - name.width)), top: Math.max(0, Math.min(top, picture.height - name.height)),
})

function overlap(one: Box, other: Box): number {
  const x = Math.min(one.left + one.width, other.left + other.width) - Math.max(one.left, other.left) + APART_PX
  const y = Math.min(one.top + one.height, other.top + other.height) - Math.max(one.top, other.top) + APART_PX
  return x > 0 && y > 0 ? x * y : 0
}
