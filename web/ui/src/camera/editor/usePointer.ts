// The pointer on the sheet: shapes and corners dragged, corners put down and put in. Mouse, pen and finger alike.
import { useRef, useState, type PointerEvent, type RefObject } from 'react'
import type { Point } from '../../api/types'
import { distance, moved, pointsOf, snapped, type Size } from '../geometry'
import { insertCorner, moveCorner, reshape, zoneOf } from './draft'
import { hitAt, outlineAt, REACH, type Hand, type Hit } from './hits'
import type { Editor } from './useEditor'
import { closable, draftOf } from './state'

/** A press that wanders less than this is a click (pixels). */
const SLIP: Record<Hand, number> = { mouse: 3, touch: 8 }
const DOUBLE_MS = 400

interface Drag {
  pointer: number
  from: Point
  zone: string
  /** Null: the whole shape. */
  corner: number | null
  points: readonly Point[]
  begun: boolean
  tag: string
}

let gestures = 0

export function usePointer(sheet: RefObject<SVGSVGElement | null>, size: Size, editor: Editor) {
  const { state, dispatch, close } = editor
  const drag = useRef<Drag | null>(null)
  const press = useRef<{ at: Point; time: number } | null>(null)
  const [pointer, setPointer] = useState<Point | null>(null)
  const [hover, setHover] = useState<Hit | null>(null)
  const draft = draftOf(state)
  const { sketch, selected } = state
  const zone = selected && 'zone' in selected ? selected.zone : null

  const place = (event: PointerEvent): Point => {
    const box = sheet.current?.getBoundingClientRect()
    return box ? [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height] : [0, 0]
  }
  const hand = (event: PointerEvent): Hand => (event.pointerType === 'touch' ? 'touch' : 'mouse')

  const onPointerDown = (event: PointerEvent<SVGSVGElement>) => {
    if (event.button !== 0 || drag.current) return
    const at = place(event)
    sheet.current?.focus({ preventScroll: true })
    if (sketch) {
      event.currentTarget.setPointerCapture(event.pointerId)
      setPointer(snapped(at, size))
      return
    }
    const again = press.current && event.timeStamp - press.current.time < DOUBLE_MS && distance(press.current.at, at, size) < 2 * SLIP[hand(event)]
    press.current = again ? null : { at, time: event.timeStamp }
    const chosen = zone === null ? undefined : zoneOf(draft, zone)
    const outline = again && chosen ? outlineAt(chosen, at, size, hand(event)) : null
    const hit: Hit | null = outline && chosen ? { zone: chosen.id, insert: outline.index, at: outline.at } : hitAt(draft, zone, at, size, hand(event))
    if (!hit) {
      dispatch({ do: 'select', selection: null })
      return
    }
    const tag = `drag ${++gestures}`
    const shape = zoneOf(draft, hit.zone)
    if (!shape) return
    let points = pointsOf(shape)
    let corner: number | null = null
    if ('insert' in hit) {
      corner = hit.insert
      points = points.toSpliced(hit.insert, 0, hit.at)
      dispatch({ do: 'edit', tag, make: (now) => insertCorner(now, hit.zone, hit.insert, hit.at), select: { zone: hit.zone, corner } })
    } else {
      if ('corner' in hit) corner = hit.corner
      dispatch({ do: 'select', selection: { zone: hit.zone, corner } })
      // A finger that meets a shape by chance scrolls or selects; one that has selected it moves it.
      if (corner === null && hand(event) === 'touch' && hit.zone !== zone) return
    }
    event.currentTarget.setPointerCapture(event.pointerId)
    drag.current = { pointer: event.pointerId, from: at, zone: hit.zone, corner, points, begun: 'insert' in hit, tag }
  }

  const onPointerMove = (event: PointerEvent<SVGSVGElement>) => {
    const at = place(event)
    if (sketch) {
      setPointer(snapped(at, size))
      return
    }
    const held = drag.current
    if (!held || held.pointer !== event.pointerId) {
      if (hand(event) === 'mouse') setHover(hitAt(draft, zone, at, size, 'mouse'))
      return
    }
    if (!held.begun && distance(held.from, at, size) < SLIP[hand(event)]) return
    held.begun = true
    const [dx, dy] = [at[0] - held.from[0], at[1] - held.from[1]]
    const corner = held.corner === null ? undefined : held.points[held.corner]
    dispatch({ do: 'edit', tag: held.tag, make: (now) =>
      held.corner !== null && corner
        ? moveCorner(now, held.zone, held.corner, snapped([corner[0] + dx, corner[1] + dy], size))
        : reshape(now, held.zone, moved(held.points, dx, dy)) })
  }

  const onPointerUp = (event: PointerEvent<SVGSVGElement>) => {
    if (sketch && event.button === 0) {
      putDown(snapped(place(event), size), hand(event))
      if (hand(event) === 'touch') setPointer(null)
      return
    }
    if (drag.current?.pointer !== event.pointerId) return
    drag.current = null
    dispatch({ do: 'pause' })
  }

  const putDown = (at: Point, by: Hand) => {
    if (!sketch) return
    const [first, last] = [sketch.points[0], sketch.points.at(-1)]
    const onFirst = sketch.kind !== 'line' && first && distance(first, at, size) <= REACH[by].corner
    const onLast = last && distance(last, at, size) <= 2 * SLIP[by]
    if ((onFirst || onLast) && closable(sketch)) close()
    else if (!onLast && !(onFirst && sketch.points.length > 1)) dispatch({ do: 'point', at })
  }

  const onPointerCancel = () => {
    if (drag.current?.begun) dispatch({ do: 'undo' })
    drag.current = null
  }
  const onPointerLeave = () => {
    setHover(null)
    if (!drag.current) setPointer(null)
  }
  return { pointer, setPointer, hover, handlers: { onPointerDown, onPointerMove, onPointerUp, onPointerCancel, onPointerLeave } }
}
