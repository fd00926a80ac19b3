// News about alerts in lists that are on the screen.
import { describe, expect, it } from 'vitest'
import type { Alert } from '../api/types'
import { mergePages } from '../api/liveUpdates'
import { matches, merge, newer } from './merge'

const alert = (id: string, change: Partial<Alert> = {}) =>
  ({ id, site: 's', camera: 'c', kind: 'zone_breach', severity: 'critical', state: 'open', ended_at: null, opened_at: `2026-11-22T02:00:0${id}Z`, steps: [], ...change }) as Alert
const step = { at: '', kind: 'opened', by: null, note: null }

describe('newer', () => {
  it('never goes back from what a person did', () => {
    const acknowledged = alert('1', { state: 'acknowledged' })
    expect(newer(acknowledged, alert('1'))).toBe(acknowledged)
    expect(newer(alert('1'), acknowledged)).toBe(acknowledged)
  })
  it('prefers the one with more steps, then the later word', () => {
    const more = alert('1', { steps: [step, step] })
    expect(newer(more, alert('1', { steps: [step] }))).toBe(more)
    const persons = alert('1', { persons: 3 })
    expect(newer(alert('1'), persons)).toBe(persons)
  })
})

describe('merge', () => {
  it('puts a new alert in its place by time', () => {
    expect(merge([alert('3'), alert('1')], alert('2'), {}).map((one) => one.id)).toEqual(['3', '2', '1'])
  })
  it('replaces in place and does not double', () => {
    const list = merge([alert('3'), alert('1')], alert('1', { persons: 4 }), {})
    expect(list.map((one) => [one.id, one.persons])).toEqual([['3', undefined], ['1', 4]])
  })
  it('takes out what the filter no longer wants', () => {
    expect(merge([alert('3'), alert('1')], alert('3', { state: 'acknowledged' }), { state: 'open' }).map((one) => one.id)).toEqual(['1'])
  })
  it('keeps one that goes on when it is taken on, until it is over', () => {
    const taken = alert('3', { state: 'acknowledged', steps: [step, step] })
    const kept = merge([alert('3'), alert('1')], taken, { ongoing: 'true' })
    expect(kept.map((one) => one.state)).toEqual(['acknowledged', 'open'])
    const over = { ...taken, ended_at: '2026-11-22T02:01:00Z', steps: [step, step, step] }
    expect(merge(kept, over, { ongoing: 'true' }).map((one) => one.id)).toEqual(['1'])
  })
  it('returns the same list when nothing concerns it', () => {
    const list = [alert('1')]
    expect(merge(list, alert('2', { site: 'other' }), { site: 's' })).toBe(list)
  })
})

describe('mergePages', () => {
  it('changes an alert on the page where it stands, and adds new ones to the first', () => {
    const data = { pages: [{ items: [alert('9')], next: 'x' }, { items: [alert('4')], next: null }], pageParams: [null, 'x'] }
    expect(mergePages(data, alert('4', { persons: 2 }), {})?.pages[1]?.items[0]?.persons).toBe(2)
    expect(mergePages(data, alert('5'), {})?.pages.map((page) => page.items.length)).toEqual([2, 1])
  })
})

describe('matches', () => {
  it('counts a day up to, not including, its end', () => {
    const filter = { start: '2026-11-22T00:00:00Z', end: '2026-11-22T02:00:05Z' }
    expect(matches(alert('4'), filter)).toBe(true)
    expect(matches(alert('5'), filter)).toBe(false)
  })
})
