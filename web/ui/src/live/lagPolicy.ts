// How far behind the live edge the picture may be, and what is done about it (docs: performance, "Live picture").
// Pure: told the positions, it answers with a rate or a jump. It knows no video element.

export const TARGET_S = 0.06
export const LIMIT_S = 0.3
const TARGET_MAX_S = 1.5
const CALM_MS = 20_000

export interface LagDecision {
  rate: number
  /** Where to put currentTime, when the lag is beyond the limit. */
  jumpTo: number | null
}

export class LagPolicy {
  private target = TARGET_S
  private calmSince: number | null = null

  targetS(): number {
    return this.target
  }
  limitS(): number {
    // Five targets, as 0.3 s is to 0.06 s: on a slow link a jump must not land where the next stall begins.
    return Math.max(LIMIT_S, this.target * 5)
  }

  /** The player ran dry: this link needs more in hand. */
  stalled(nowMs: number): void {
    this.target = Math.min(TARGET_MAX_S, Math.max(this.target * 1.6, this.target + 0.04))
    this.calmSince = nowMs
  }

  decide(endS: number, currentS: number, nowMs: number): LagDecision {
    this.calmSince ??= nowMs
    if (this.target > TARGET_S && nowMs - this.calmSince > CALM_MS) {
      this.target = Math.max(TARGET_S, this.target * 0.8)
      this.calmSince = nowMs
    }
    const lag = endS - currentS
    if (lag > this.limitS()) return { rate: 1, jumpTo: endS - this.target }
    if (lag > this.target * 2) return { rate: 1.06, jumpTo: null }
    if (lag < this.target / 2) return { rate: 0.97, jumpTo: null }
    return { rate: 1, jumpTo: null }
  }
}
