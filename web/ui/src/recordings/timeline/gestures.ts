// Pointer and wheel on the timeline: click, drag, pinch, wheel. What they mean is decided by the timeline.
import { useEffect, useRef, type RefObject } from 'react'

export interface Gestures {
  onClick: (x: number, y: number) => void
  /** By so many pixels since the last call. */
  onPan: (dx: number) => void
  /** Under 1: closer; around this pixel. */
  onZoom: (factor: number, x: number) => void
  onHover: (x: number, y: number) => void
  onLeave: () => void
}

/** Less is a click with an unsteady hand. */
const DRAG_PX = 5

export function useGestures(element: RefObject<HTMLElement | null>, gestures: Gestures): void {
  const now = useRef(gestures)
  now.current = gestures
  useEffect(() => {
    const target = element.current
    if (!target) return
    const fingers = new Map<number, { x: number; y: number }>()
    let from: { x: number; y: number } | null = null
    let dragging = false
    const place = (event: PointerEvent | WheelEvent) => {
      const box = target.getBoundingClientRect()
      return { x: event.clientX - box.left, y: event.clientY - box.top }
    }
    const down = (event: PointerEvent) => {
      if (event.button !== 0) return
      fingers.set(event.pointerId, place(event))
      from = fingers.size === 1 ? place(event) : null
      dragging = false
      target.setPointerCapture(event.pointerId)
    }
    const move = (event: PointerEvent) => {
      const at = place(event)
      const before = fingers.get(event.pointerId)
      if (!before) {
        if (event.pointerType !== 'touch') now.current.onHover(at.x, at.y)
        return
      }
      if (fingers.size === 2) {
        const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1]
        const [was, is] = other ? [Math.abs(before.x - other.x), Math.abs(at.x - other.x)] : [1, 1]
        if (other && was > 8 && is > 8) now.current.onZoom(was / is, (at.x + other.x) / 2)
        fingers.set(event.pointerId, at)
        return
      }
      if (!dragging && from && Math.hypot(at.x - from.x, at.y - from.y) < DRAG_PX) return
      if (!dragging) now.current.onLeave()
      dragging = true
      now.current.onPan(at.x - before.x)
      fingers.set(event.pointerId, at)
    }
    const up = (event: PointerEvent) => {
      const known = fingers.delete(event.pointerId)
      if (known && from && !dragging && event.type === 'pointerup') now.current.onClick(from.x, from.y)
      from = null
    }
    const wheel = (event: WheelEvent) => {
      event.preventDefault()
      const { x } = place(event)
      const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) now.current.onPan(-sideways)
      else now.current.onZoom(Math.exp(Math.max(-120, Math.min(120, event.deltaY)) * 0.0026), x)
    }
    const leave = () => now.current.onLeave()
    target.addEventListener('pointerdown', down)
    target.addEventListener('pointermove', move)
    target.addEventListener('pointerup', up)
    target.addEventListener('pointercancel', up)
    target.addEventListener('pointerleave', leave)
    target.addEventListener('wheel', wheel, { passive: false })
    return () => {
      target.removeEventListener('pointerdown', down)
      target.removeEventListener('pointermove', move)
      target.removeEventListener('pointerup', up)
      target.removeEventListener('pointercancel', up)
      target.removeEventListener('pointerleave', leave)
      target.removeEventListener('wheel', wheel)
    }
  }, [element])
}
