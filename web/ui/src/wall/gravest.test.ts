import { describe, expect, it } from 'vitest'
import type { Alert } from '../api/types'
import { firstToTake, gravestByCamera } from './gravest'

const alert = (camera: string | null, kind: string, severity: string, second: number, state = 'open') =>
  ({ camera, kind, severity, state, opened_at: `2026-11-22T02:00:0${second}Z` }) as Alert

describe('gravestByCamera', () => {
  it('names the gravest first, however old, and the newest of equals', () => {
    const found = gravestByCamera([
      alert('a', 'line_crossing', 'info', 9), alert('a', 'occupancy', 'warning', 8), alert('a', 'zone_breach', 'critical', 1),
      alert('b', 'tamper', 'warning', 3), alert('b', 'loitering', 'warning', 5),
    ])
    expect(found.get('a')).toEqual({ severity: 'critical', alert: 'zone_breach', others: 'occupancy,line_crossing', taken: false })
    expect(found.get('b')).toEqual({ severity: 'warning', alert: 'loitering', others: 'tamper', taken: false })
  })
  it('is calm only when somebody has taken every one of them', () => {
    const taken = [alert('a', 'zone_breach', 'critical', 1, 'acknowledged'), alert('a', 'tamper', 'warning', 2, 'acknowledged')]
    expect(gravestByCamera(taken).get('a')).toEqual({ severity: 'critical', alert: 'zone_breach', others: 'tamper', taken: true })
    const more = [...taken, alert('a', 'line_crossing', 'info', 3)]
    expect(gravestByCamera(more).get('a')).toEqual({ severity: 'critical', alert: 'zone_breach', others: 'tamper,line_crossing', taken: false })
  })
  it('has no tile for what a node raised', () => {
    expect(gravestByCamera([alert(null, 'storage', 'critical', 1)]).size).toBe(0)
  })
  it('has no tile for a canary, which is filed under some camera of its site', () => {
    expect(gravestByCamera([alert('a', 'canary', 'critical', 1)]).size).toBe(0)
  })
})

describe('firstToTake', () => {
  it('is the gravest that nobody has taken, and of equals the newest', () => {
    const [old, young, light] = [alert('a', 'zone_breach', 'critical', 1), alert('b', 'zone_breach', 'critical', 2), alert('c', 'tamper', 'warning', 9)]
    expect(firstToTake([light, young, old])).toBe(young)
    expect(firstToTake([light, { ...young, state: 'acknowledged' }, old])).toBe(old)
    expect(firstToTake([light, alert('a', 'zone_breach', 'critical', 1, 'acknowledged')])).toBe(light)
    expect(firstToTake([alert('a', 'zone_breach', 'critical', 1, 'acknowledged')])).toBeUndefined()
  })
})
