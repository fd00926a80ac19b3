// Waits grow, stay under the limit, and start afresh after a good run.
import { describe, expect, it } from 'vitest'
import { Backoff } from './backoff'

describe('Backoff', () => {
  it('doubles up to the limit', () => {
    const backoff = new Backoff(500, 15_000, () => 1)
    expect(Array.from({ length: 7 }, () => backoff.next(0))).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000])
  })
  it('spreads clients over half of the wait', () => {
    expect(new Backoff(500, 15_000, () => 0).next(0)).toBe(250)
  })
  it('starts afresh after a long good run, not after a short one', () => {
    const backoff = new Backoff(500, 15_000, () => 1)
    backoff.next(0)
    backoff.next(0)
    expect(backoff.next(1000)).toBe(2000)
    expect(backoff.next(60_000)).toBe(500)
  })
})
