// Values that follow the playhead without drawing the page anew with every step of it.
import { useEffect, useRef, useSyncExternalStore } from 'react'
import { serverClock } from '../time/serverClock'
import type { Playback } from './player/playback'
import { following, HOUR, rangeFor, type Range, type View } from './timeline/scale'

/** What has to be known around the playhead: changes once in an hour and a half. */
export function useKnownRange(playback: Playback): Range {
  const start = useSyncExternalStore(playback.coarse.subscribe, () => {
    const at = playback.coarse.get()
    return rangeFor({ start: at - 1.4 * HOUR, end: at + 1.4 * HOUR }).start
  })
  return { start, end: start + 6 * HOUR }
}

/** The view turns over when the playhead runs out of it; one that was moved away stays where it was put. */
export function useFollowingView(playback: Playback, view: View, onView: (view: View) => void): void {
  const now = useRef({ view, onView })
  now.current = { view, onView }
  const before = useRef(playback.position())
  useEffect(() => playback.coarse.subscribe(() => {
    const at = playback.coarse.get()
    const { view: shown, onView: turn } = now.current
    const was = before.current
    before.current = at
    if (!playback.state.get().playing || was < shown.start || was > shown.end) return
    const next = following(shown, at, serverClock.now())
    if (next !== shown) turn(next)
  }), [playback])
}

/** The moment for the address: as it is while standing, now and then while playing. */
export function useSettledAt(playback: Playback, everyMs = 5000): number {
  return useSyncExternalStore(playback.coarse.subscribe, () => {
    const at = playback.coarse.get()
    return playback.state.get().playing ? Math.floor(at / everyMs) * everyMs : Math.round(at)
  })
}
