// The editor's steps: a shape is drawn, selected, undone; what was saved meanwhile does not lose what was drawn.
import { describe, expect, it } from 'vitest'
import type { Point } from '../../api/types'
import { moveCorner, removeZone } from './draft'
import { closable, dirty, draftOf, opened, reduce, type Action, type EditorState, type Saved } from './state'

const base: Saved = {
  revision: 3,
  zones: [{ id: 'z', kind: 'restricted', polygon: [[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]] }],
  rules: [{ id: 'r', kind: 'zone_breach', zone: 'z' }],
}
const run = (state: EditorState, ...actions: Action[]) => actions.reduce(reduce, state)
const corners: Point[] = [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4]]
const drawn = (points = corners) => run(opened(base), { do: 'draw', kind: 'area' }, ...points.map((at): Action => ({ do: 'point', at })))

describe('editor state', () => {
  it('draws a shape, and selects it when it is closed', () => {
    const state = run(drawn(), { do: 'close', name: 'Sảnh' })
    const zone = draftOf(state).zones[1]
    expect(zone).toMatchObject({ kind: 'area', name: 'Sảnh', polygon: corners })
    expect(state).toMatchObject({ sketch: null, selected: { zone: zone?.id, corner: null } })
    expect(dirty(state)).toBe(true)
    expect(dirty(run(state, { do: 'undo' }))).toBe(false)
    expect(run(state, { do: 'undo' }).selected).toBeNull()
  })
  it('draws for a rule that waits, and comes back to it with the shape', () => {
    const waiting = opened({ revision: 3, zones: [], rules: [{ id: 'r', kind: 'zone_breach' }] })
    const begun = run(waiting, { do: 'select', selection: { rule: 'r' } }, { do: 'draw', kind: 'restricted', forRule: 'r' })
    const closed = run(begun, ...corners.map((at): Action => ({ do: 'point', at })), { do: 'close', name: 'Cửa' })
    const [zone] = draftOf(closed).zones
    expect(draftOf(closed).rules[0]).toMatchObject({ id: 'r', zone: zone?.id })
    expect(closed.selected).toEqual({ rule: 'r', fresh: true })
    expect(draftOf(run(closed, { do: 'undo' }))).toEqual(draftOf(waiting))
    expect(run(begun, { do: 'cancelSketch' })).toMatchObject({ sketch: null, selected: { rule: 'r' } })
    expect(run(begun, { do: 'undo' })).toMatchObject({ sketch: null, selected: { rule: 'r' } })
  })
  it('closes no shape with too few corners', () => {
    const state = drawn(corners.slice(0, 2))
    expect(state.sketch && closable(state.sketch)).toBe(false)
    expect(run(state, { do: 'close', name: 'x' })).toBe(state)
    expect(closable({ kind: 'line', points: corners.slice(0, 2) })).toBe(true)
  })
  it('takes a double click as one corner, and stops at the most', () => {
    expect(drawn([...corners, [0.4, 0.4]]).sketch?.points).toHaveLength(3)
    const many = Array.from({ length: 80 }, (_, at): Point => [at / 100, 0.5])
    expect(drawn(many).sketch?.points).toHaveLength(64)
  })
  it('undoes corner by corner while it draws, then leaves the tool', () => {
    const twice = run(drawn(), { do: 'undo' }, { do: 'undo' })
    expect(twice.sketch?.points).toEqual(corners.slice(0, 1))
    expect(run(twice, { do: 'undo' }, { do: 'undo' }).sketch).toBeNull()
    expect(run(drawn(), { do: 'cancelSketch' }).sketch).toBeNull()
  })
  it('has unsaved corners as well', () => {
    expect(dirty(opened(base))).toBe(false)
    expect(dirty(run(opened(base), { do: 'draw', kind: 'line' }))).toBe(false)
    expect(dirty(drawn())).toBe(true)
  })
  it('keeps what was changed while it was being saved', () => {
    const first = run(opened(base), { do: 'edit', make: (draft) => moveCorner(draft, 'z', 0, [0.2, 0.2]) })
    const sent = { ...draftOf(first), revision: 4 }
    const later = run(first, { do: 'edit', make: (draft) => moveCorner(draft, 'z', 1, [0.8, 0.2]) }, { do: 'saved', base: sent })
    expect(later.base.revision).toBe(4)
    expect(dirty(later)).toBe(true)
    expect(dirty(run(later, { do: 'undo' }))).toBe(false)
  })
  it('lets go of a selection that is gone', () => {
    const selected = run(opened(base), { do: 'select', selection: { zone: 'z', corner: 2 } })
    expect(run(selected, { do: 'edit', make: (draft) => removeZone(draft, 'z') }).selected).toBeNull()
    const rule = run(opened(base), { do: 'select', selection: { rule: 'r' } }, { do: 'edit', make: (draft) => ({ ...draft, rules: [] }) })
    expect(rule.selected).toBeNull()
  })
  it('discards to what is saved, and can bring it back', () => {
    const edited = run(opened(base), { do: 'edit', make: (draft) => removeZone(draft, 'z') })
    const discarded = run(edited, { do: 'discard' })
    expect(dirty(discarded)).toBe(false)
    expect(draftOf(run(discarded, { do: 'undo' })).zones).toEqual([])
  })
  it('keeps open what is there still when somebody else has saved', () => {
    const open = run(opened(base), { do: 'select', selection: { rule: 'r' } })
    expect(run(open, { do: 'take', base: { ...base, revision: 4, zones: [] } }).selected).toEqual({ rule: 'r' })
    expect(run(open, { do: 'take', base: { ...base, revision: 4, rules: [] } }).selected).toBeNull()
    expect(run(open, { do: 'draw', kind: 'line' }, { do: 'take', base: { ...base, revision: 4 } }).sketch?.kind).toBe('line')
  })
  it('takes a polygon that is closed twice as one that is closed', () => {
    const twice = { ...base, zones: [{ ...base.zones[0], id: 'z', kind: 'area' as const, polygon: [...corners, corners[0] as Point] }] }
    expect(draftOf(opened(twice)).zones[0]?.polygon).toEqual(corners)
    expect(dirty(opened(twice))).toBe(false)
  })
  it('goes on with a draft that an earlier visit left', () => {
    const state = opened(base, { zones: [], rules: [] }, 1000)
    expect([dirty(state), state.recovered]).toEqual([true, 1000])
    expect(dirty(run(state, { do: 'undo' }))).toBe(false)
    expect(run(state, { do: 'discard' }).recovered).toBeNull()
  })
})
