// Order, repetition and reset on /ws/alerts.
import { describe, expect, it } from 'vitest'
import type { StreamEvent } from '../api/types'
import { streamPath, take, unknownPosition } from './alertSequence'

const event = (seq: number, epoch = 'e', type = 'alert.opened') => ({ seq, epoch, type, data: {} }) as StreamEvent

describe('take', () => {
  it('applies what is new and ignores what was seen', () => {
    let position = unknownPosition
    const verdicts = [5, 6, 6, 5, 7].map((seq) => {
      const taken = take(position, event(seq))
      position = taken.position
      return taken.verdict
    })
    expect(verdicts).toEqual(['apply', 'apply', 'ignore', 'ignore', 'apply'])
    expect(position).toEqual({ seq: 7, epoch: 'e' })
  })
  it('goes back to the head that a reset names', () => {
    expect(take({ seq: 50, epoch: 'e' }, event(3, 'f', 'reset'))).toEqual({ position: { seq: 3, epoch: 'f' }, verdict: 'reset' })
    expect(take({ seq: 3, epoch: 'f' }, event(4, 'f')).verdict).toBe('apply')
  })
  it('reads anew when the epoch changes without a reset', () => {
    expect(take({ seq: 50, epoch: 'e' }, event(2, 'f'))).toEqual({ position: { seq: 2, epoch: 'f' }, verdict: 'reset' })
  })
  it('asks for what it missed only when it knows where it was', () => {
    expect(streamPath(unknownPosition, 5)).toBe('/ws/alerts?beat=5')
    expect(streamPath({ seq: 0, epoch: 'a b' }, 5)).toBe('/ws/alerts?beat=5&since=0&epoch=a%20b')
  })
})
