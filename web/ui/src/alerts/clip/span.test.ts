// Which stretch a clip shows.
import { expect, it } from 'vitest'
import { clipSpan } from './span'

const at = (s: number) => Date.parse('2026-11-23T14:00:00Z') + s * 1000
const iso = (s: number) => new Date(at(s)).toISOString()
const seconds = (span: { start: number; end: number }) => [(span.start - at(0)) / 1000, (span.end - at(0)) / 1000]

it('is what the server says, as far as it is recorded', () => {
  const alert = { opened_at: iso(0), ended_at: iso(30), clip: { start: iso(-12), end: iso(35) } }
  expect(seconds(clipSpan(alert, at(600)))).toEqual([-12, 35])
  expect(seconds(clipSpan(alert, at(20)))).toEqual([-12, 20])
})
it('runs on while the alert does, and shows the beginning of what is long', () => {
  const alert = { opened_at: iso(0), ended_at: null, clip: { start: iso(-10), end: null } }
  expect(seconds(clipSpan(alert, at(40)))).toEqual([-10, 40])
  expect(seconds(clipSpan(alert, at(9000)))).toEqual([-10, 290])
})
it('does without a clip, with one from long before, and before anything of it is recorded', () => {
  expect(seconds(clipSpan({ opened_at: iso(0), ended_at: iso(3), clip: null }, at(60)))).toEqual([-10, 8])
  expect(seconds(clipSpan({ opened_at: iso(0), ended_at: iso(3), clip: { start: iso(-80_000), end: iso(8) } }, at(60)))).toEqual([-10, 8])
  expect(seconds(clipSpan({ opened_at: iso(0), ended_at: null, clip: { start: iso(-10), end: null } }, at(-11)))).toEqual([-10, -9])
})
