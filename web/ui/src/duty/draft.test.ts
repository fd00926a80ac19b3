// A shift being entered: what is asked for, on how many days, what is wrong; a week taken over; files.
import { describe, expect, it } from 'vitest'
import { PEOPLE, shift } from '../testing/duty'
import { copied } from './copying'
import { ALL, askedOf, draftOf, eligible, USUAL, withDuty, withEndTime, withStartDate, withUsual, wrongOf, type Draft } from './draft'
import { csvOf, kindOf } from './files'
import { apart, reachedOf, troubleOf } from './standing'
import { daysFrom } from './times'

const draft: Draft = { ...draftOf({ site: 'vt1', duty: 'officer', user: 'lan', start: Date.parse('2026-11-24T00:00:00Z'), end: Date.parse('2026-11-24T12:00:00Z') }) }

describe('a shift being entered', () => {
  it('is shown in the facility\'s time and asked for in UTC', () => {
    expect([draft.startDate, draft.startTime, draft.endTime]).toEqual(['2026-11-24', '07:00', '19:00'])
    expect(askedOf({ ...draft, note: ' cổng B ' })).toEqual([{ site: 'vt1', duty: 'officer', user: 'lan', start: '2026-11-24T00:00:00.000Z', end: '2026-11-24T12:00:00.000Z', note: 'cổng B' }])
  })
  it('is asked for on each of so many days', () => {
    const asked = askedOf({ ...draft, site: ALL, duty: 'province', days: '3' })
    expect(asked.map(({ site, start }) => [site, start.slice(0, 10)])).toEqual([[null, '2026-11-24'], [null, '2026-11-25'], [null, '2026-11-26']])
  })
  it('says the first thing that is wrong', () => {
    const wrong: Partial<Draft>[] = [{ site: '' }, { user: '' }, { startTime: 'x' }, { endDate: '' }, { endTime: '07:00' }, { endDate: '2026-12-24' }, { days: '0' }, { days: '1.5' }]
    expect(wrong.map((part) => wrongOf({ ...draft, ...part }))).toEqual(['noSite', 'noUser', 'noStart', 'noEnd', 'order', 'tooLong', 'days', 'days'])
    expect(askedOf({ ...draft, user: '' })).toEqual([])
  })
  it('has its end go along with its start, and over midnight', () => {
    expect(withStartDate(draft, '2026-11-30').endDate).toBe('2026-11-30')
    expect(withUsual(withStartDate(draft, '2026-11-30'), USUAL[1])).toMatchObject({ startTime: '19:00', endDate: '2026-12-01', endTime: '07:00' })
    expect(withEndTime(draft, '06:00')).toMatchObject({ endDate: '2026-11-25', endTime: '06:00' })
    expect(withEndTime(draft, '08:00').endDate).toBe('2026-11-24')
  })
  it('of one site is of no more', () => {
    expect(withDuty({ ...draft, site: ALL, duty: 'province' }, 'officer').site).toBe('')
    expect(withDuty({ ...draft, site: ALL, duty: 'province' }, 'technician').site).toBe(ALL)
  })
  it('is offered to who may see the site, whose work it is first', () => {
    expect(eligible(PEOPLE, 'vt1', 'officer').map(({ user }) => user)).toEqual(['lan', 'an', 'tuan'])
    expect(eligible(PEOPLE, ALL, 'technician').map(({ user }) => user)).toEqual(['an', 'lan'])
  })
})

it('takes over what begins in the week and is one\'s own to enter, at the same time of day', () => {
  const [from] = [daysFrom('2026-11-16', 7)]
  const span = { start: from[0]?.start ?? 0, end: from[6]?.end ?? 0 }
  const found = copied([
    shift('before', 'lan', '2026-11-15T12:00:00Z', '2026-11-16T00:00:00Z'), shift('in', 'lan', '2026-11-22T12:00:00Z', '2026-11-23T00:00:00Z', { note: 'x' }),
    shift('after', 'lan', '2026-11-22T17:00:00Z', '2026-11-23T00:00:00Z'), shift('others', 'thuy', '2026-11-17T00:00:00Z', '2026-11-18T00:00:00Z', { site: null, duty: 'province' }),
  ], span, 7, (site) => site !== null)
  expect(found).toEqual([{ site: 'vt1', duty: 'officer', user: 'lan', start: '2026-11-29T12:00:00.000Z', end: '2026-11-30T00:00:00.000Z', note: 'x' }])
})

describe('files', () => {
  it('are known by their names', () => expect(['a.CSV', 'b.xlsx', 'c.xls', 'd.pdf', 'csv'].map((name) => kindOf(name)?.slice(0, 8) ?? null)).toEqual(['text/csv', 'applicat', null, null, null]))
  it('have cells with what needs quoting, and no formulas', async () => {
    const text = await csvOf([{ site: null, duty: 'province', user: 'thuy', start: '2026-11-24T00:00:00Z', end: '2026-11-24T12:00:00Z', note: '=1+1, "x"' }]).text()
    expect(text.split('\r\n')).toEqual(['site,duty,user,start,end,note', '*,province,thuy,2026-11-24T00:00:00.000Z,2026-11-24T12:00:00.000Z,"\'=1+1, ""x"""'])
  })
})

describe('who is on duty', () => {
  const one = (channels: number, tested: string | null, rostered = true) => ({ user: 'a', rostered, until: null, channels, tested })
  it('is as reachable as the best known channel', () => expect([one(2, 'x'), one(1, null), one(0, 'x')].map(reachedOf)).toEqual(['good', 'untested', 'none']))
  it('has the worst said first', () => {
    const of = (...people: ReturnType<typeof one>[]) => troubleOf({ duty: 'officer', people })
    expect([of(), of(one(0, null, false)), of(one(1, 'x', false)), of(one(1, null)), of(one(0, null), one(1, 'x'))]).toEqual(['nobody', 'unreached', 'standIn', 'untested', null])
  })
  it('is said once where it is the same at all sites', () => {
    const there = [one(1, 'x')]
    const site = (id: string, technician: typeof there) => ({ site: id, duties: [{ duty: 'officer' as const, people: there }, { duty: 'province' as const, people: there }, { duty: 'technician' as const, people: technician }] })
    const { everywhere, sites } = apart([site('a', there), site('b', [])])
    expect(everywhere.map(({ duty }) => duty)).toEqual(['province'])
    expect(sites.map(({ duties }) => duties.map(({ duty }) => duty))).toEqual([['officer', 'technician'], ['officer', 'technician']])
    expect(apart([site('a', there)]).everywhere).toEqual([])
  })
})
