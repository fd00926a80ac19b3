// The editor's keys: corners nudged, removed and put in, shapes closed and left, steps undone. None while text is typed.
import { useEffect, useRef, type RefObject } from 'react'
import type { Point } from '../../api/types'
import { moved, pointsOf, settled, type Size } from '../geometry'
import { insertCorner, moveCorner, reshape, zoneOf } from './draft'
import { draftOf } from './state'
import type { Editor } from './useEditor'

const STEPS: Record<string, readonly [number, number]> = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
}
/** Pixels that an arrow key moves, and with Shift. */
const NUDGE_PX = 1
const LEAP_PX = 10

export function useEditorKeys(
  editor: Editor, sheet: RefObject<SVGSVGElement | null>, size: Size, pointer: Point | null, setPointer: (at: Point) => void,
): void {
  const handle = (event: KeyboardEvent): boolean => {
    const target = event.target as HTMLElement | null
    if (target?.closest('input, textarea, select, [role=menu], [role=dialog]') || document.querySelector('[role=dialog][data-state=open]')) return false
    const { state, dispatch, close } = editor
    const { sketch, selected } = state
    const ctrl = event.ctrlKey || event.metaKey
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
    if (ctrl) {
      if (key === 'z' && !event.shiftKey) dispatch({ do: 'undo' })
      else if (key === 'y' || key === 'z') dispatch({ do: 'redo' })
      else if (key === 's') {
        if (editor.changes > 0 && editor.faults.none && !sketch) void editor.save()
      } else return false
      return true
    }
    if (event.altKey) return false
    if (key === 'Escape') {
      if (sketch) dispatch({ do: 'cancelSketch' })
      else if (selected && 'zone' in selected && selected.corner !== null) dispatch({ do: 'select', selection: { zone: selected.zone, corner: null } })
      else if (selected) dispatch({ do: 'select', selection: null })
      else return false
      return true
    }
    // What follows is meant for the sheet: a focused button or field keeps these keys.
    const onSheet = target === document.body || target === null || sheet.current?.contains(target)
    if (!onSheet) return false
    const step = STEPS[key]
    const by = event.shiftKey ? LEAP_PX : NUDGE_PX
    if (sketch) {
      const [x, y] = pointer ?? [0.5, 0.5]
      if (step) setPointer(settled([x + (step[0] * by * 4) / size.width, y + (step[1] * by * 4) / size.height]))
      else if (key === ' ') dispatch({ do: 'point', at: settled([x, y]) })
      else if (key === 'Enter') close()
      else if (key === 'Delete' || key === 'Backspace') dispatch({ do: 'dropPoint' })
      else return false
      return true
    }
    if (!selected || !('zone' in selected)) return false
    const { zone: id, corner } = selected
    const zone = zoneOf(draftOf(state), id)
    if (!zone) return false
    const points = pointsOf(zone)
    const at = corner === null ? undefined : points[corner]
    if (step) {
      const [dx, dy] = [(step[0] * by) / size.width, (step[1] * by) / size.height]
      const tag = `nudge ${id} ${corner}`
      dispatch({ do: 'edit', tag, make: (draft) => (corner !== null && at ? moveCorner(draft, id, corner, [at[0] + dx, at[1] + dy]) : reshape(draft, id, moved(points, dx, dy))) })
    } else if (key === 'Delete' || key === 'Backspace') {
      if (corner !== null) editor.removeCorner(zone, corner)
      else if (key === 'Delete') editor.removeZone(zone)
      else return false
    } else if ((key === '+' || key === 'Insert') && corner !== null && at) {
      const next = points[corner + 1] ?? (zone.kind === 'line' ? points[corner - 1] : points[0])
      const index = points[corner + 1] || zone.kind !== 'line' ? corner + 1 : corner
      if (next) dispatch({ do: 'edit', make: (draft) => insertCorner(draft, id, index, [(at[0] + next[0]) / 2, (at[1] + next[1]) / 2]), select: { zone: id, corner: index } })
    } else return false
    return true
  }
  const current = useRef(handle)
  current.current = handle
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.isComposing || !current.current(event)) return
      event.preventDefault()
      event.stopPropagation()
    }
    // Before the page's own keys: Escape leaves a shape first, and only then the full screen.
    window.addEventListener('keydown', listen, true)
    return () => window.removeEventListener('keydown', listen, true)
  }, [])
}
