// The lag policy: rates, jumps, and how the target gives way on a link that stalls.
import { describe, expect, it } from 'vitest'
import { LagPolicy, LIMIT_S, TARGET_S } from './lagPolicy'

const at = (lag: number, policy = new LagPolicy(), now = 0) => policy.decide(100, 100 - lag, now)

describe('LagPolicy', () => {
  it('runs at 1 between half the target and twice the target', () => {
    expect(at(TARGET_S)).toEqual({ rate: 1, jumpTo: null })
    expect(at(TARGET_S / 2 + 0.001).rate).toBe(1)
    expect(at(TARGET_S * 2 - 0.001).rate).toBe(1)
  })
  it('hurries above twice the target and slows below half of it', () => {
    expect(at(TARGET_S * 2 + 0.01).rate).toBe(1.06)
    expect(at(TARGET_S / 2 - 0.01).rate).toBe(0.97)
  })
  it('jumps beyond the limit, to the target before the end', () => {
    expect(at(LIMIT_S).jumpTo).toBeNull()
    expect(at(LIMIT_S + 0.01)).toEqual({ rate: 1, jumpTo: 100 - TARGET_S })
  })
  it('keeps more in hand after a stall, but never more than 1.5 s', () => {
    const policy = new LagPolicy()
    policy.stalled(0)
    expect(policy.targetS()).toBeGreaterThan(TARGET_S)
    for (let i = 0; i < 30; i++) policy.stalled(i)
    expect(policy.targetS()).toBe(1.5)
    expect(policy.limitS()).toBeGreaterThan(policy.targetS() * 2)
  })
  it('comes back to the target after calm', () => {
    const policy = new LagPolicy()
    policy.stalled(0)
    for (let now = 0; now < 300_000; now += 1000) at(0.1, policy, now)
    expect(policy.targetS()).toBe(TARGET_S)
  })
})
