// The wall's address says all of the choice, and the choice picks the right cameras.
import { describe, expect, it } from 'vitest'
import type { Camera, Site } from '../api/types'
import { changedSearch } from '../shell/location'
import { choiceOf, groupsOf, searchOf } from './choice'

const camera = (id: string, site: string, placement: string) => ({ id, site, placement }) as Camera
const cameras = [camera('a', 's1', 'gate'), camera('b', 's1', 'corridor'), camera('c', 's2', 'gate')]
const sites = [{ id: 's2' }, { id: 's1' }] as Site[]
const remembered = { grouping: 'site', density: 'fill' }
const choose = (query: string) => choiceOf(new URLSearchParams(query), remembered)

describe('choice', () => {
  it('survives the way through the address', () => {
    const choice = choose('site=s1&placement=gate&alerts=1&group=none&density=large&cycle=1&spotlight=1')
    expect(choose(changedSearch('', searchOf(choice)))).toEqual(choice)
  })
  it('ignores what it does not know', () => {
    expect(choose('density=huge&group=colour&placement=roof')).toMatchObject({ density: 'fill', grouping: 'site', placement: null })
  })
  it('takes what was remembered when the address is silent', () => {
    expect(choiceOf(new URLSearchParams(), { grouping: 'none', density: 'small' })).toMatchObject({ grouping: 'none', density: 'small' })
  })
  it('groups by site in the order of the sites, without empty ones', () => {
    expect(groupsOf(cameras, sites, choose(''), new Set()).map((group) => group.id)).toEqual(['s2', 's1'])
    expect(groupsOf(cameras, sites, choose('site=s1'), new Set()).map((group) => group.id)).toEqual(['s1'])
  })
  it('shows only what has an alert when asked to', () => {
    expect(groupsOf(cameras, sites, choose('alerts=1'), new Set(['c'])).flatMap((group) => group.cameras.map((one) => one.id))).toEqual(['c'])
    expect(groupsOf(cameras, sites, choose('alerts=1'), new Set())).toEqual([])
  })
})
