// Which stretch of footage a picture holds, and when the next one is fetched. Pure.

export type Frames = 'all' | 'key'

export interface Window {
  start: number
  end: number
  frames: Frames
}

const MINUTE = 60_000
/** Half an hour at full frames; key frames are played many times faster and cost little. */
const LENGTH: Record<Frames, number> = { all: 30 * MINUTE, key: 110 * MINUTE }
/** So that a step back needs no new playlist. */
const BEFORE_MS = 2 * MINUTE
/** The next stretch is fetched this many seconds of watching before the end of the one that plays. */
const AHEAD_S = 20

export const SPEEDS = [0.5, 1, 2, 4, 8, 16] as const
export type Speed = (typeof SPEEDS)[number]

/** More than four times as many frames is more than a browser decodes four times over. */
export const framesFor = (speed: number): Frames => (speed > 4 ? 'key' : 'all')

/** Begins on a whole minute: the same place asks the same playlist again. */
export function windowAround(at: number, frames: Frames): Window {
  const start = Math.floor((at - BEFORE_MS) / MINUTE) * MINUTE
  return { start, end: start + LENGTH[frames], frames }
}

export const holds = (window: Window, at: number) => at >= window.start && at < window.end

/** Whether the stretch after `window` should be fetched now. */
export function nextIsDue(window: Window, at: number, speed: number): boolean {
  return (window.end - at) / 1000 / speed < AHEAD_S
}

/** The stretch that goes on where `window` ends. */
export function windowAfter(window: Window): Window {
  return windowAround(window.end, window.frames)
}
