// How openings came to their end.
import { expect, it } from 'vitest'
import type { Opening } from './openings'
import { howEnded } from './past'

const one = { camera: 'room', user: 'lan', opened_at: '2026-11-23T14:00:00Z', until: '2026-11-23T14:05:00Z', closed_at: null, closed_by: null } as Opening
const ended = (closed_by: string) => ({ ...one, closed_at: '2026-11-23T14:03:00Z', closed_by })

it('says whether the time was over, who closed it, or that it went on', () => {
  const next = { ...one, opened_at: '2026-11-23T14:03:00Z' }
  expect(howEnded(one, [])).toEqual({ at: one.until, how: 'expired' })
  expect(howEnded(ended('lan'), [ended('lan')])).toEqual({ at: '2026-11-23T14:03:00Z', how: 'self' })
  expect(howEnded(ended('huong'), []).how).toBe('other')
  expect(howEnded(ended('lan'), [next]).how).toBe('extended')
  expect(howEnded(ended('lan'), [{ ...next, user: 'minh' }, { ...next, camera: 'other' }]).how).toBe('self')
})
