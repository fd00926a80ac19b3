// What is heard: each group once within its cooldown, nothing that is quiet, old or small.
import { expect, it } from 'vitest'
import type { Alert } from '../api/types'
import { Sounding } from './sounding'

const start = Date.parse('2026-11-23T14:00:00Z')
const alert = (s: number, more: Partial<Alert> = {}) =>
  ({ id: `a${s}`, camera: 'c', rule: 'r', severity: 'critical', opened_at: new Date(start + s * 1000).toISOString(), ...more }) as unknown as Alert

it('hears a group once within its cooldown', () => {
  const sounding = new Sounding()
  const hears = (s: number, more: Partial<Alert> = {}) => sounding.hears(alert(s, more), start + s * 1000, false)
  expect([hears(0), hears(20), hears(59), hears(60)]).toEqual([true, false, false, true])
  expect(hears(61, { rule: 'other' })).toBe(true)
  expect(hears(62, { camera: 'other' })).toBe(true)
  expect(hears(63, { camera: null, rule: 'r' })).toBe(true)
})
it('waits longer after what is only to be looked at', () => {
  const sounding = new Sounding()
  const hears = (s: number) => sounding.hears(alert(s, { severity: 'warning' }), start + s * 1000, false)
  expect([hears(0), hears(299), hears(300)]).toEqual([true, false, true])
})
it('does not hear what is quiet, joined, informs, or was caught up with; and is not silenced by it', () => {
  const sounding = new Sounding()
  expect(sounding.hears(alert(0), start, true)).toBe(false)
  expect(sounding.hears(alert(0, { quiet: { id: 'q', kind: 'snooze', until: '', reason: '', by: '' } }), start, false)).toBe(false)
  expect(sounding.hears(alert(0, { chain: { state: 'joined', rung: null, next_at: null, by: null } }), start, false)).toBe(false)
  expect(sounding.hears(alert(0, { severity: 'info' }), start, false)).toBe(false)
  expect(sounding.hears(alert(0), start + 120_000, false)).toBe(false)
  expect(sounding.hears(alert(0), start + 119_000, false)).toBe(true)
})
it('hears what is graver than what was heard', () => {
  const sounding = new Sounding()
  const hears = (s: number, severity: Alert['severity']) => sounding.hears(alert(s, { severity }), start + s * 1000, false)
  expect([hears(0, 'warning'), hears(5, 'critical'), hears(6, 'critical'), hears(7, 'warning')]).toEqual([true, true, false, false])
})
