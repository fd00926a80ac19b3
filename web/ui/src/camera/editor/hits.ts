// What lies under the pointer: a corner to drag, a place for a new one, a shape. Pure.
import type { Analysis, Point, Zone } from '../../api/types'
import { contains, cornerAt, distance, edgeAt, edgesOf, isLine, pointsOf, settled, type Size } from '../geometry'
import { cornersOf, zoneOf } from './draft'
import { isMask } from './masks'

export type Hit =
  | { zone: string; corner: number }
  | { zone: string; insert: number; at: Point }
  | { zone: string; body: true }

/** Pixels around a corner, and beside an edge, that still mean it: a finger is broader than a pointer. */
export const REACH = { mouse: { corner: 10, edge: 7 }, touch: { corner: 24, edge: 18 } } as const
export type Hand = keyof typeof REACH

/** Edges shorter than this have no place for a handle between those of their corners (pixels). */
const ROOM_PX = 44

/** Where the selected shape offers a new corner: the middles of its edges. */
export function offers(zone: Zone, size: Size): { index: number; at: Point }[] {
  const points = pointsOf(zone)
  if (points.length >= cornersOf(zone.kind)[1]) return []
  return edgesOf(points, !isLine(zone)).flatMap(([from, to], index) =>
    distance(from, to, size) < ROOM_PX ? [] : [{ index: index + 1, at: settled([(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]) }])
}

/** The selected shape's corners go first, then its offers, then the uppermost shape: that was drawn last, masks beneath. */
export function hitAt(draft: Analysis, selected: string | null, at: Point, size: Size, hand: Hand): Hit | null {
  const reach = REACH[hand]
  const chosen = selected === null ? undefined : zoneOf(draft, selected)
  if (chosen) {
    const corner = cornerAt(pointsOf(chosen), at, size, reach.corner)
    if (corner >= 0) return { zone: chosen.id, corner }
    const offer = offers(chosen, size).find((one) => distance(one.at, at, size) <= reach.corner)
    if (offer) return { zone: chosen.id, insert: offer.index, at: offer.at }
    if (covers(chosen, at, size, reach.edge)) return { zone: chosen.id, body: true }
  }
  const found = draft.zones.findLast((zone) => !isMask(zone) && covers(zone, at, size, reach.edge)) ?? draft.zones.findLast((zone) => covers(zone, at, size, reach.edge))
  return found ? { zone: found.id, body: true } : null
}

function covers(zone: Zone, at: Point, size: Size, reach: number): boolean {
  const points = pointsOf(zone)
  return edgeAt(points, !isLine(zone), at, size, reach) !== null || (!isLine(zone) && contains(points, at))
}

/** Where on the selected shape's outline a double click puts a corner; null where it has none within reach. */
export function outlineAt(zone: Zone, at: Point, size: Size, hand: Hand): { index: number; at: Point } | null {
  if (cornerAt(pointsOf(zone), at, size, REACH[hand].corner) >= 0) return null
  return edgeAt(pointsOf(zone), !isLine(zone), at, size, REACH[hand].edge)
}
