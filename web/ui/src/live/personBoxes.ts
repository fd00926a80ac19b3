// Which of the detector's boxes belong to the picture that is on the screen now. Pure.

export interface Track {
  id: number
  x: number
  y: number
  w: number
  h: number
  confidence: number
}

const MATCH_MS = 500
const FRESH_MS = 1500
const KEEP_MS = 6000

export class PersonBoxes {
  private held: { at: number; tracks: Track[] }[] = []

  add(at: number, tracks: Track[]): void {
    if (!Number.isFinite(at)) return
    this.held.push({ at, tracks })
    const last = Math.max(...this.held.map((entry) => entry.at))
    this.held = this.held.filter((entry) => entry.at > last - KEEP_MS)
  }

  clear(): void {
    this.held = []
  }

  /**
   * Boxes for the frame of `frameAt`: the nearest within half a second; else the newest, as long as it is no older
   * than 1.5 s at `now`; else none, for a box around nobody is worse than no box.
   */
  at(frameAt: number | null, now: number): Track[] {
    if (frameAt !== null) {
      let best: { at: number; tracks: Track[] } | null = null
      for (const entry of this.held) {
        if (!best || Math.abs(entry.at - frameAt) < Math.abs(best.at - frameAt)) best = entry
      }
      if (best && Math.abs(best.at - frameAt) <= MATCH_MS) return best.tracks
    }
    const newest = this.held.reduce<{ at: number; tracks: Track[] } | null>(
      (found, entry) => (!found || entry.at > found.at ? entry : found), null)
    return newest && now - newest.at < FRESH_MS ? newest.tracks : []
  }
}
