// Which of the detector's boxes belong to the picture that is on the screen now. Pure.

export interface Track {
  id: number
  x: number
  y: number
  w: number
  h: number
  confidence: number
  /** How far the box is a guess, in tenths: nothing where it was sighted so, 1 where it is about to be forgotten. */
  guess?: number
}

/** Two sightings so near in time that a person moves straight between them. */
const PAIR_MS = 1200
/** So far beyond the newest sighting its motion is continued at most: results come a little after the picture. */
const AHEAD_MS = 500
/** So far back a track's feet are shown. */
const TRAIL_MS = 4000
/** Older than this a sighting says nothing about the picture: a box around nobody is worse than no box. */
const FRESH_MS = 1500
const KEEP_MS = 6000

interface Sighting {
  at: number
  tracks: Track[]
}

/** Where a track's feet were, and how long ago as a share of the trail: 0 now, 1 about to be forgotten. */
export interface Step {
  x: number
  y: number
  age: number
}

export class PersonBoxes {
  private held: Sighting[] = []

  add(at: number, tracks: Track[]): void {
    if (!Number.isFinite(at)) return
    this.held.push({ at, tracks })
    this.held.sort((a, b) => a.at - b.at)
    const last = this.held[this.held.length - 1]?.at ?? at
    this.held = this.held.filter((entry) => entry.at > last - KEEP_MS)
  }

  clear(): void {
    this.held = []
  }

  /**
   * Persons in the frame of `frameAt`: between two sightings they are where a straight line has them, after the newest
   * one they go on for as long as it came after the one before, half a second at most. Null when nothing is known about
   * so new a picture, [] when nobody is there. Without a frame's time the newest sighting counts.
   */
  at(frameAt: number | null, now: number): Track[] | null {
    const newest = this.held[this.held.length - 1]
    if (!newest) return null
    if (frameAt === null) return now - newest.at < FRESH_MS ? newest.tracks : null
    const next = this.held.findIndex((entry) => entry.at >= frameAt)
    if (next >= 0) {
      const [from, to] = [this.held[next - 1], this.held[next]] // the first may have none before it
      if (!from || !to || to.at - from.at > PAIR_MS) return to && to.at - frameAt < AHEAD_MS ? to.tracks : null
      return along(from, to, frameAt)
    }
    if (frameAt - newest.at > FRESH_MS) return null
    return onward(this.held[this.held.length - 2], newest, frameAt - newest.at)
  }

  /** The way of a track's feet up to the frame of `until`, oldest first; what the picture does not show yet is not in it. */
  trail(id: number, until: number): Step[] {
    return this.held.flatMap(({ at, tracks }) => {
      const track = at <= until && at > until - TRAIL_MS ? tracks.find((one) => one.id === id) : undefined
      return track ? [{ x: track.x + track.w / 2, y: track.y + track.h, age: (until - at) / TRAIL_MS }] : []
    })
  }
}

/** Feet stay in the picture, and so in a zone that is drawn to its edge; by less than a pixel, for sums are not exact. */
const within = (at: number) => Math.min(1 - 1e-6, Math.max(1e-6, at))

/**
 * Those of the newest sighting, `ahead` ms after it. Their feet go on as they came, no further than their last step was;
 * a box that grew, because somebody came into the picture or stood up, is not known to grow on.
 */
function onward(before: Sighting | undefined, newest: Sighting, ahead: number): Track[] {
  const step = before ? Math.max(1, newest.at - before.at) : Infinity
  const share = step > PAIR_MS ? 0 : Math.min(ahead, step, AHEAD_MS) / step
  const guess = Math.round((10 * ahead) / FRESH_MS) / 10
  return newest.tracks.map((track) => {
    const was = before?.tracks.find((one) => one.id === track.id) ?? track
    const [x, y] = [track.x + track.w / 2, track.y + track.h]
    const [dx, dy] = [x - was.x - was.w / 2, y - was.y - was.h]
    return { ...track, x: track.x + within(x + dx * share) - x, y: track.y + within(y + dy * share) - y, guess }
  })
}

/** Those of the nearer sighting, each moved to where it is at `at`. */
function along(from: Sighting, to: Sighting, at: number): Track[] {
  const share = (at - from.at) / Math.max(1, to.at - from.at)
  const [base, other] = share < 0.5 ? [from, to] : [to, from]
  return base.tracks.map((track) => {
    const match = other.tracks.find((one) => one.id === track.id)
    if (!match) return track
    const [a, b] = share < 0.5 ? [track, match] : [match, track]
    const mix = (p: number, q: number) => p + (q - p) * share
    return { ...track, x: mix(a.x, b.x), y: mix(a.y, b.y), w: mix(a.w, b.w), h: mix(a.h, b.h) }
  })
}
