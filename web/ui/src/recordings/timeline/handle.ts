// A thing on the timeline that is dragged along it: the playhead, a mark.
import type { PointerEvent } from 'react'
import { timeAt, type View } from './scale'

/** Handlers for the element; its parent chain holds the `.tl-area` whose left edge is the view's start. */
export function useHandle(view: View, width: number, onMove: (at: number) => void, onEnd: (at: number) => void) {
  const at = (event: PointerEvent<HTMLElement>) => {
    const left = event.currentTarget.closest('.tl-area')?.getBoundingClientRect().left ?? 0
    return timeAt(view, width, Math.max(0, Math.min(width, event.clientX - left)))
  }
  return {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      event.stopPropagation()
      event.currentTarget.setPointerCapture(event.pointerId)
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      if (!event.currentTarget.hasPointerCapture(event.pointerId)) return
      event.stopPropagation()
      onMove(at(event))
    },
    onPointerUp: (event: PointerEvent<HTMLElement>) => {
      if (!event.currentTarget.hasPointerCapture(event.pointerId)) return
      event.stopPropagation()
      onEnd(at(event))
    },
  }
}
