// Edits of a draft, undone and redone, and what is said of a draft that is wrong.
import { describe, expect, it } from 'vitest'
import type { Analysis, Point, Rule } from '../../api/types'
import { clashes, differences, onTop, same } from './differences'
import { addRule, addZone, changeKind, changeRule, freshId, insertCorner, kindsFor, moveCorner, nameZone, removeCorner, removeRule, removeZone } from './draft'
import { begin, pause, redo, step, undo } from './history'
import { faultsOf, hoursOf, numberOf, ruleFaults, timeOfDay, zoneFault } from './validation'

const triangle: Point[] = [[0.1, 0.1], [0.9, 0.1], [0.5, 0.9]]
const start: Analysis = {
  zones: [{ id: 'z', kind: 'restricted', name: 'Cửa sau', polygon: triangle }, { id: 'l', kind: 'line', points: [[0, 0.5], [1, 0.5]] }],
  rules: [{ id: 'r', kind: 'zone_breach', zone: 'z' }, { id: 'c', kind: 'occupancy', max: 6 }],
}

describe('draft', () => {
  it('gives ids that read like the name and are the service\'s kind of id', () => {
    const id = freshId('Vùng cấm Đông (tầng 2)', [], () => 0.5)
    expect(id).toMatch(/^vung-cam-dong-tang-2-[a-z0-9]{4}$/)
    expect(freshId('???', [])).toMatch(/^[a-z0-9][a-z0-9-]{0,62}$/)
    expect(freshId('x'.repeat(200), []).length).toBeLessThan(64)
    const numbers = [0.5, 0.5, 0.25]
    expect(freshId('a', [{ id: freshId('a', [], () => 0.5) }], () => numbers.shift() ?? 0)).not.toBe(freshId('a', [], () => 0.5))
  })
  it('adds, names and removes zones; with a zone go its rules', () => {
    const { draft, id } = addZone(start, 'area', [[-1, 0], [0.5, 0.5], [1, 1]], 'Sảnh')
    expect(draft.zones.at(-1)).toEqual({ id, kind: 'area', name: 'Sảnh', polygon: [[0, 0], [0.5, 0.5], [1, 1]] })
    expect(nameZone(draft, id, ' ').zones.at(-1)).not.toHaveProperty('name')
    const gone = removeZone(start, 'z')
    expect([gone.zones.map((zone) => zone.id), gone.rules.map((rule) => rule.id)]).toEqual([['l'], ['c']])
  })
  it('keeps a shape a shape when corners go, and stops at the most that it may have', () => {
    expect(removeCorner(start, 'z', 0)).toBe(start)
    const more = insertCorner(start, 'z', 1, [0.5, 0.1])
    expect(more.zones[0]?.polygon).toEqual([[0.1, 0.1], [0.5, 0.1], [0.9, 0.1], [0.5, 0.9]])
    expect(removeCorner(more, 'z', 1)).toEqual(start)
    let line = start
    for (let index = 0; index < 30; index++) line = insertCorner(line, 'l', 1, [0.5, 0.5])
    expect(line.zones[1]?.points).toHaveLength(16)
    expect(moveCorner(start, 'l', 1, [2, 0.7]).zones[1]?.points).toEqual([[0, 0.5], [1, 0.7]])
  })
  it('takes a zone along to another kind of rule only where it fits', () => {
    expect(changeKind(start, 'r', 'loitering').rules[0]).toEqual({ id: 'r', kind: 'loitering', dwell_s: 60, rearm_s: 10, zone: 'z' })
    expect(changeKind(start, 'r', 'line_crossing').rules[0]).toMatchObject({ zone: 'l', direction: 'both' })
    expect(changeKind(start, 'r', 'tamper').rules[0]).not.toHaveProperty('zone')
    const timed = changeRule(start, 'r', { schedule: '22:00-05:00', severity: 'info' })
    expect(changeKind(timed, 'r', 'absence').rules[0]).toMatchObject({ schedule: '22:00-05:00', severity: 'info', zone: 'z' })
    expect(changeRule(timed, 'r', { schedule: undefined }).rules[0]).not.toHaveProperty('schedule')
    expect(addRule(start, 'occupancy', undefined).draft.rules.at(-1)).not.toHaveProperty('zone')
  })
})

describe('history', () => {
  it('goes back and forth, and forgets the future when something new is done', () => {
    let history = step(step(begin(1), 2), 3)
    history = undo(undo(history))
    expect(history.present).toBe(1)
    expect(undo(history)).toBe(history)
    history = redo(history)
    expect([history.present, history.future]).toEqual([2, [3]])
    history = step(history, 9)
    expect([history.past, history.present, history.future]).toEqual([[1, 2], 9, []])
    expect(redo(history)).toBe(history)
  })
  it('takes a gesture as one step', () => {
    let history = begin(0)
    for (let at = 1; at <= 5; at++) history = step(history, at, 'drag')
    history = step(pause(history), 6, 'drag')
    expect(undo(history).present).toBe(5)
    expect(undo(undo(history)).present).toBe(0)
    expect(step(history, 6)).toBe(history)
  })
  it('keeps a bounded past', () => {
    let history = begin(0)
    for (let at = 1; at <= 1000; at++) history = step(history, at)
    expect(history.past).toHaveLength(200)
  })
})

describe('validation', () => {
  it('refuses a shape that crosses itself or is none', () => {
    const shape = (polygon: Point[]) => zoneFault({ id: 'z', kind: 'area', polygon })
    expect(shape(triangle)).toBeNull()
    expect(shape([[0.2, 0.2], [0.8, 0.8], [0.8, 0.2], [0.2, 0.8]])).toBe('crossing')
    expect(shape(triangle.slice(1))).toBe('fewCorners')
    expect(shape([...triangle, [0.1, 0.1]])).toBe('sameCorner')
    expect(shape([[0.1, 0.1], [0.101, 0.1], [0.1, 0.101]])).toBe('noArea')
    expect(zoneFault({ id: 'l', kind: 'line', points: [[0, 0], [1, 1], [1, 0], [0, 1]] })).toBeNull()
    expect(zoneFault({ id: 'l', kind: 'line', points: Array.from({ length: 17 }, (_, at) => [at / 20, 0.5] as const) })).toBe('manyCorners')
  })
  const wrong = (rule: Partial<Rule>) => ruleFaults({ id: 'r', kind: 'occupancy', max: 3, ...rule }, start)
  it('says what is wrong with a rule, and at which field', () => {
    expect(faultsOf(start, start).none).toBe(true)
    expect(wrong({ kind: 'zone_breach' })).toEqual({ zone: 'noZone' })
    expect(wrong({ zone: 'gone' })).toEqual({ zone: 'zoneGone' })
    expect(wrong({ zone: 'l' })).toEqual({ zone: 'zoneUnfit' })
    expect(wrong({ kind: 'line_crossing', zone: 'z' })).toEqual({ zone: 'zoneUnfit' })
    expect(wrong({ min: 4 })).toEqual({ max: 'minAboveMax' })
    expect(wrong({ max: 2.5 })).toEqual({ max: 'count' })
    expect(wrong({ dwell_s: NaN, rearm_s: 90_000 })).toEqual({ dwell_s: 'seconds', rearm_s: 'seconds' })
    expect(wrong({ schedule: '22:00-' })).toEqual({ schedule: 'hours' })
    expect(wrong({ schedule: '07:00-07:00' })).toEqual({ schedule: 'sameHours' })
    expect(ruleFaults({ id: 'r', kind: 'occupancy' }, start)).toEqual({ max: 'minOrMax' })
    const lost = addRule(start, 'camera_offline', undefined)
    expect(ruleFaults({ id: lost.id, kind: 'camera_offline' }, lost.draft)).toEqual({})
    expect(ruleFaults({ id: 'r', kind: 'camera_offline' }, lost.draft)).toEqual({ kind: 'twice' })
    expect([kindsFor(start, true).includes('camera_offline'), kindsFor(lost.draft, true).includes('camera_offline')]).toEqual([true, false])
    expect(wrong({ min: 0, max: 0, dwell_s: 0, schedule: '22:00-05:00' })).toEqual({})
  })
  it('lets a shape that the service has be, until it is drawn anew', () => {
    const bow = addZone(start, 'area', [[0.2, 0.2], [0.8, 0.8], [0.8, 0.2], [0.2, 0.8]], 'Nơ')
    const said = (draft: Analysis, stored: Analysis) => {
      const { zones, old, count, none } = faultsOf(draft, stored)
      return [zones.get(bow.id), old.zones.has(bow.id), count, none]
    }
    expect(said(bow.draft, start)).toEqual(['crossing', false, 1, false])
    expect(said(nameZone(bow.draft, bow.id, 'Sảnh'), bow.draft)).toEqual(['crossing', true, 0, true])
    expect(said(moveCorner(bow.draft, bow.id, 0, [0.3, 0.2]), bow.draft)).toEqual(['crossing', false, 1, false])
    expect(said(moveCorner(bow.draft, bow.id, 0, [0.5, 0.9]), bow.draft)).toEqual([undefined, false, 0, true])
    // Nor does it keep what two people did apart.
    expect(onTop(bow.draft, nameZone(bow.draft, 'l', 'Cổng'), removeRule(bow.draft, 'c'))?.zones).toHaveLength(3)
    expect(onTop(start, bow.draft, start)).toBeNull()
  })
  it('lets a rule that the service has be, until it is changed', () => {
    const said = (draft: Analysis, stored: Analysis) => {
      const { rules, old, count, none } = faultsOf(draft, stored)
      return [[...rules.keys()].join(), [...old.rules].join(), count, none]
    }
    const withRules = (...rules: Rule[]): Analysis => ({ ...start, rules: [...start.rules, ...rules] })
    const day: Rule = { id: 'd', kind: 'tamper', schedule: '08:00-08:00' }
    const stored = withRules(day)
    expect(said(stored, start)).toEqual(['d', '', 1, false])
    expect(said(nameZone(withRules({ ...day, dwell_s: 0 }), 'l', 'Cổng'), stored)).toEqual(['d', 'd', 0, true])
    expect(said(changeRule(stored, 'd', { dwell_s: 3 }), stored)).toEqual(['d', '', 1, false])
    // One that names a zone that is gone never was taken.
    expect(said({ ...stored, zones: [] }, stored)).toEqual(['r,d', 'd', 1, false])
    const lost: [Rule, Rule] = [{ id: 'a', kind: 'camera_offline' }, { id: 'b', kind: 'camera_offline' }]
    const two = withRules(...lost)
    expect(said(addRule(two, 'tamper', undefined).draft, two)).toEqual(['a,b', 'a,b', 0, true])
    expect(said(changeRule(two, 'b', { dwell_s: 20 }), two)).toEqual(['a,b', 'a', 1, false])
    expect(said(two, withRules(lost[0]))).toEqual(['a,b', 'a', 1, false])
    // Nor does it keep what two people did apart.
    expect(onTop(stored, nameZone(stored, 'l', 'Cổng'), removeRule(stored, 'c'))?.rules.map((rule) => rule.id)).toEqual(['r', 'd'])
    expect(onTop(start, withRules(lost[0]), withRules(lost[1]))).toBeNull()
  })
  it('reads times and numbers as they are typed', () => {
    expect(['7', '7:30', '7h30', '22h', '0730', ' 23:59 ', '7.05'].map(timeOfDay)).toEqual(['07:00', '07:30', '07:30', '22:00', '07:30', '23:59', '07:05'])
    expect(['24', '7:60', 'x', '', '12345', '7:3'].map(timeOfDay)).toEqual([null, null, null, null, null, null])
    expect([hoursOf('22:00-05:00'), hoursOf('22:00'), hoursOf('9:00-10:00')]).toEqual([['22:00', '05:00'], null, null])
    expect([numberOf('1,5'), numberOf('2.5'), numberOf(' '), numberOf('-1'), numberOf('1e3')]).toEqual([1.5, 2.5, undefined, NaN, NaN])
  })
})

describe('differences', () => {
  it('are those of meaning', () => {
    const spelled = { ...start, rules: [{ zone: 'z', kind: 'zone_breach', id: 'r', dwell_s: 1, rearm_s: 5, direction: 'both' as const }, start.rules[1] as Rule] }
    expect(same(start, spelled)).toBe(true)
    const changed = removeZone(nameZone(addRule(start, 'tamper', undefined).draft, 'l', 'Cổng'), 'z')
    expect(differences(start, changed).map(({ what, how, item }) => [what, how, item.kind])).toEqual([
      ['zone', 'changed', 'line'], ['zone', 'removed', 'restricted'], ['rule', 'added', 'tamper'], ['rule', 'removed', 'zone_breach'],
    ])
    expect(same(start, moveCorner(start, 'z', 0, [0.11, 0.1]))).toBe(false)
  })
  it('of two people go together where they touch different things', () => {
    const mine = removeRule(nameZone(start, 'l', 'Cổng'), 'c')
    const theirs = addZone(start, 'area', triangle, 'Sảnh').draft
    const both = onTop(start, mine, theirs)
    expect(both?.zones.map((zone) => zone.name)).toEqual(['Cửa sau', 'Cổng', 'Sảnh'])
    expect(both?.rules.map((rule) => rule.id)).toEqual(['r'])
    expect(clashes(start, mine, theirs).size).toBe(0)
  })
  it('of two people: where both changed the same mine is on top, and that is said', () => {
    const theirs = nameZone(addZone(start, 'area', triangle, 'Sảnh').draft, 'l', 'B')
    expect(onTop(start, nameZone(start, 'l', 'A'), theirs)?.zones.map((zone) => zone.name)).toEqual(['Cửa sau', 'A', 'Sảnh'])
    expect([...clashes(start, nameZone(start, 'l', 'A'), theirs)]).toEqual(['zone l'])
    expect(clashes(start, nameZone(start, 'l', 'B'), theirs).size).toBe(0)
    // What they removed and I changed is there again.
    expect(onTop(start, nameZone(start, 'z', 'A'), removeZone(start, 'z'))?.zones.map((zone) => zone.id)).toEqual(['l', 'z'])
  })
  it('of two people do not go together where a rule would lose its zone', () => {
    expect(onTop(start, addRule(start, 'loitering', 'z').draft, removeZone(start, 'z'))).toBeNull()
  })
})
