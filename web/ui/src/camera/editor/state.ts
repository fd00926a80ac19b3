// The state of the editor and what moves it on: draft with its history, what is selected, the shape being drawn. Pure.
import type { Analysis, Point, ZoneKind } from '../../api/types'
import { pointsOf, withPoints } from '../geometry'
import { same } from './differences'
import { addZone, changeRule, cornersOf, zoneOf } from './draft'
import { begin, pause, redo, step, undo, type History } from './history'

export interface Saved extends Analysis {
  revision: number
}

/** `fresh`: just made, or just given its zone; its form takes the focus. */
export type Selection = { zone: string; corner: number | null } | { rule: string; fresh?: true } | null

/** A shape whose corners are being put down. */
export interface Sketch {
  kind: ZoneKind
  points: Point[]
  /** The rule that waits for this shape: it looks at it once it is closed, and is gone back to in any case. */
  forRule?: string | undefined
}

export interface EditorState {
  /** What the service has, as far as is known: what the draft began from. */
  base: Saved
  history: History<Analysis>
  selected: Selection
  sketch: Sketch | null
  /** Since when a draft lies here that an earlier visit left unsaved; null when this one began afresh. */
  recovered: number | null
}

export type Action =
  | { do: 'edit'; make: (draft: Analysis) => Analysis; tag?: string; select?: Selection }
  | { do: 'pause' | 'undo' | 'redo' | 'dropPoint' | 'cancelSketch' | 'discard' }
  | { do: 'select'; selection: Selection }
  | { do: 'draw'; kind: ZoneKind; forRule?: string }
  | { do: 'point'; at: Point }
  | { do: 'close'; name: string }
  | { do: 'saved'; base: Saved }
  | { do: 'take'; base: Saved }

/** A facility file may say a polygon's first corner again at its end. */
export function tidy({ zones, rules }: Analysis): Analysis {
  return { rules, zones: zones.map((zone) => {
    const points = pointsOf(zone)
    const [first, last] = [points[0], points.at(-1)]
    const again = zone.kind !== 'line' && points.length > 3 && first && last && first[0] === last[0] && first[1] === last[1]
    return again ? withPoints(zone, points.slice(0, -1)) : zone
  }) }
}

export function opened(base: Saved, draft: Analysis | null = null, recovered: number | null = null): EditorState {
  const there = { ...tidy(base), revision: base.revision }
  const history = begin<Analysis>({ zones: there.zones, rules: there.rules })
  return { base: there, history: draft ? step(history, tidy(draft)) : history, selected: null, sketch: null, recovered: draft ? recovered : null }
}

export const draftOf = (state: EditorState) => state.history.present
export const dirty = (state: EditorState) => !same(state.base, draftOf(state)) || (state.sketch?.points.length ?? 0) > 0

export function reduce(state: EditorState, action: Action): EditorState {
  switch (action.do) {
    case 'edit': {
      const history = step(state.history, action.make(draftOf(state)), action.tag ?? null)
      return standing({ ...state, history, selected: action.select === undefined ? state.selected : action.select })
    }
    case 'pause':
      return { ...state, history: pause(state.history) }
    case 'undo':
      // While a shape is being drawn its corners are what was done last.
      return state.sketch ? reduce(state, { do: 'dropPoint' }) : standing({ ...state, history: undo(state.history) })
    case 'redo':
      return state.sketch ? state : standing({ ...state, history: redo(state.history) })
    case 'select':
      return { ...state, selected: action.selection, history: pause(state.history) }
    case 'draw':
      return { ...state, sketch: { kind: action.kind, points: [], forRule: action.forRule }, selected: null }
    case 'point':
      return withPoint(state, action.at)
    case 'dropPoint':
      return state.sketch && state.sketch.points.length > 0
        ? { ...state, sketch: { ...state.sketch, points: state.sketch.points.slice(0, -1) } }
        : left(state)
    case 'cancelSketch':
      return left(state)
    case 'close':
      return closed(state, action.name)
    case 'saved':
      // The draft may have gone on while it was saved: that stays, and is unsaved.
      return { ...state, base: { ...tidy(action.base), revision: action.base.revision }, recovered: null, history: pause(state.history) }
    case 'take':
      // What was open or about to be drawn stays so.
      return standing({ ...opened(action.base), selected: state.selected, sketch: state.sketch })
    case 'discard':
      return { ...opened(state.base), history: step(state.history, { zones: state.base.zones, rules: state.base.rules }) }
  }
}

/** A selection of what is no longer there is none. */
function standing(state: EditorState): EditorState {
  const { selected } = state
  if (selected === null) return state
  if ('rule' in selected) return draftOf(state).rules.some((rule) => rule.id === selected.rule) ? state : { ...state, selected: null }
  const zone = zoneOf(draftOf(state), selected.zone)
  if (!zone) return { ...state, selected: null }
  const lost = selected.corner !== null && selected.corner >= pointsOf(zone).length
  return lost ? { ...state, selected: { zone: zone.id, corner: null } } : state
}

/** Nothing is drawn any more; the rule that waited for it is open again. */
function left(state: EditorState): EditorState {
  const rule = state.sketch?.forRule
  return standing({ ...state, sketch: null, selected: rule === undefined ? state.selected : { rule, fresh: true } })
}

function withPoint(state: EditorState, at: Point): EditorState {
  const { sketch } = state
  if (!sketch || sketch.points.length >= cornersOf(sketch.kind)[1]) return state
  const last = sketch.points.at(-1)
  // The second press of a double click is no corner of its own.
  if (last && last[0] === at[0] && last[1] === at[1]) return state
  return { ...state, sketch: { ...sketch, points: [...sketch.points, at] } }
}

export const closable = (sketch: Sketch) => sketch.points.length >= cornersOf(sketch.kind)[0]

function closed(state: EditorState, name: string): EditorState {
  const { sketch } = state
  if (!sketch || !closable(sketch)) return state
  const { draft, id } = addZone(draftOf(state), sketch.kind, sketch.points, name)
  const waiting = draft.rules.find((rule) => rule.id === sketch.forRule)
  const history = step(state.history, waiting ? changeRule(draft, waiting.id, { zone: id }) : draft)
  return { ...state, sketch: null, history, selected: waiting ? { rule: waiting.id, fresh: true } : { zone: id, corner: null } }
}
