// The line of time of an alert: everything once, in order; how far a person was reached; who is next.
import { describe, expect, it } from 'vitest'
import type { Attempt, Call } from '../../api/chains'
import type { Alert } from '../../api/types'
import type { Ladder, Policy, SiteNow } from '../../duty/types'
import { countdown, courseOf, nextOf, onDutyAt, reachOf, tallied } from './course'

const at = (s: number) => new Date(Date.parse('2026-11-23T14:00:00Z') + s * 1000).toISOString()
const step = (s: number, kind: string, by: string | null = null, note: string | null = null) => ({ at: at(s), kind, by, note })
const attempt = (s: number | null, state: Attempt['state'], channel = 'sms', answer: string | null = null): Attempt =>
  ({ at: s === null ? null : at(s), channel, attempt: 1, state, took_ms: null, answer })
const call = (rung: number, s: number): Call => ({ rung, round: 0, duty: rung === 0 ? 'officer' : 'site_lead', at: at(s), deadline: at(s + 90), people: [] })
const chain = (state: string, rung: number | null, by: string | null = null) => ({ state, rung, by, next_at: null }) as Alert['chain'] & object

describe('courseOf', () => {
  const steps = [step(0, 'opened'), step(1, 'called', null, 'officer'), step(91, 'called', null, 'site_lead'), step(100, 'acknowledged', 'lan', 'tới ngay')]
  it('tells the rungs in the place of the steps that say the same', () => {
    const course = courseOf({ steps, calls: [call(0, 1), call(1, 91)], chain: chain('stopped', 1, 'lan') })
    expect(course.map((one) => (one.kind === 'step' ? one.step.kind : `rung ${one.call.duty}`))).toEqual(['opened', 'rung officer', 'rung site_lead', 'acknowledged'])
    expect(course.map((one) => one.kind === 'step' && one.stopped)).toEqual([false, false, false, true])
  })
  it('goes by the steps where the rungs are not read yet', () => {
    expect(courseOf({ steps, chain: chain('running', 1) }).map((one) => one.kind)).toEqual(['step', 'step', 'step', 'step'])
  })
})

describe('reachOf', () => {
  it('says over which channel and after how long, and what had failed before', () => {
    const reach = reachOf(call(0, 10), [attempt(11, 'failed', 'webpush', '410'), attempt(14, 'sent', 'sms'), attempt(null, 'skipped', 'mail')])
    expect(reach).toMatchObject({ state: 'reached', afterMs: 4000, attempt: { channel: 'sms' }, before: [{ channel: 'webpush' }] })
  })
  it('is still trying while one is due, has failed when none is, and none where there is no channel', () => {
    expect(reachOf(call(0, 0), [attempt(1, 'failed'), attempt(null, 'due')]).state).toBe('trying')
    expect(reachOf(call(0, 0), [attempt(1, 'failed')]).state).toBe('failed')
    expect(reachOf(call(0, 0), []).state).toBe('none')
    expect(reachOf(call(0, 0), [attempt(null, 'skipped')]).state).toBe('none')
  })
  it('says the same answer of a channel once', () => {
    const all = [attempt(1, 'failed', 'sms', 'refused'), attempt(4, 'failed', 'sms', 'refused'), attempt(5, 'failed', 'mail', 'refused')]
    expect(tallied(all).map(({ attempt: { channel }, times }) => [channel, times])).toEqual([['sms', 2], ['mail', 1]])
  })
})

describe('nextOf', () => {
  const ladder: Ladder = { rungs: [{ duty: 'officer', after_s: 0 }, { duty: 'site_lead', after_s: 90 }] as Ladder['rungs'], repeat_s: 300, cooldown_s: 60, until_over: false }
  const technical: Ladder = { ...ladder, rungs: [{ duty: 'technician', after_s: 0 }] as Ladder['rungs'], repeat_s: null }
  const policy: Policy = { security: { critical: ladder, warning: ladder, info: null }, technical: { critical: technical, warning: technical, info: null } }
  const next = (kind: string, state: string, rung: number | null, severity = 'critical') => nextOf({ kind, severity: severity as Alert['severity'], chain: chain(state, rung) }, policy)
  it('is the rung after that which was called last, then the last one again', () => {
    expect(next('zone_breach', 'due', null)).toEqual({ duty: 'officer', again: false })
    expect(next('zone_breach', 'running', 0)).toEqual({ duty: 'site_lead', again: false })
    expect(next('zone_breach', 'running', 1)).toEqual({ duty: 'site_lead', again: true })
  })
  it('goes by the ladder of what it is about, and is nobody where that has ended', () => {
    expect(next('storage', 'due', null)).toEqual({ duty: 'technician', again: false })
    expect(next('storage', 'running', 0)).toBeNull()
    expect(next('zone_breach', 'stopped', 0)).toBeNull()
    expect(next('zone_breach', 'due', null, 'info')).toBeNull()
    expect(nextOf({ kind: 'zone_breach', severity: 'critical', chain: chain('due', null) }, undefined)).toBeNull()
  })
})

it('names who has the duty at the site, and those who have it for all', () => {
  const people = (...users: string[]) => users.map((user) => ({ user })) as SiteNow['duties'][number]['people']
  const now = [
    { site: 'a', duties: [{ duty: 'officer', people: people('lan') }, { duty: 'province', people: people('thuy') }] },
    { site: 'b', duties: [{ duty: 'officer', people: people('minh') }] },
    { site: null, duties: [{ duty: 'province', people: people('thuy', 'hai') }] },
  ] as SiteNow[]
  expect(onDutyAt('a', 'officer', now)).toEqual(['lan'])
  expect(onDutyAt('a', 'province', now)).toEqual(['thuy', 'hai'])
})

it('counts down to the second', () => {
  expect([84_001, 84_000, 59_400, 0, -5, 3_725_000].map(countdown)).toEqual(['1:25', '1:24', '1:00', '0:00', '0:00', '1:02:05'])
})
