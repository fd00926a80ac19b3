// How things are with those on duty now: who is called, whether the call would arrive. Pure.
import { OF_ALL_SITES, type Duty, type DutyNow, type DutyPerson, type Reach, type SiteNow } from './types'

/** `untested`: has a way, of which nobody knows whether it works. */
export type Reached = 'good' | 'untested' | 'none'

export function reachedOf({ channels, tested }: Pick<Reach, 'channels' | 'tested'>): Reached {
  return channels === 0 ? 'none' : tested === null ? 'untested' : 'good'
}

/** The worst that is to be said of a duty: nobody at all, somebody who stands in, nobody who can be reached. */
export type Trouble = 'nobody' | 'unreached' | 'standIn' | 'untested' | null

export function troubleOf({ people }: DutyNow): Trouble {
  if (people.length === 0) return 'nobody'
  if (people.every((one) => reachedOf(one) === 'none')) return 'unreached'
  if (people.every(({ rostered }) => !rostered)) return 'standIn'
  return people.every((one) => reachedOf(one) !== 'good') ? 'untested' : null
}

const same = (a: readonly DutyPerson[], b: readonly DutyPerson[]) => JSON.stringify(a) === JSON.stringify(b)

/**
 * What is the same at all sites of the duties that may be had for all of them, said once; the sites without it. What
 * differs between sites, or is of the only one, stays with its site.
 */
export function apart(now: readonly SiteNow[]): { everywhere: DutyNow[]; sites: SiteNow[] } {
  const people = (site: SiteNow, duty: Duty) => site.duties.find((one) => one.duty === duty)?.people
  const [first, ...others] = now
  const common = new Set(OF_ALL_SITES.filter((duty) => {
    const theirs = first && people(first, duty)
    return theirs !== undefined && others.length > 0 && others.every((site) => same(people(site, duty) ?? [], theirs))
  }))
  return {
    everywhere: first?.duties.filter(({ duty }) => common.has(duty)) ?? [],
    sites: now.map((site) => ({ ...site, duties: site.duties.filter(({ duty }) => !common.has(duty)) })),
  }
}
