// A camera that does not know makes a sum a lower bound, never a zero.
import { describe, expect, it } from 'vitest'
import { personsThere } from './personsThere'

describe('personsThere', () => {
  it.each([
    [[2, 0, 1], 3, 'persons'],
    [[0, 0], 0, 'persons'],
    [[2, null], 2, 'personsAtLeast'],
    [[0, null], 0, 'countUnknown'],
    [[null], 0, 'countUnknown'],
    [[], 0, 'persons'],
  ] as const)('%j is %i, %s', (counts, count, known) => {
    expect(personsThere(counts)).toEqual({ count, known })
  })
})
