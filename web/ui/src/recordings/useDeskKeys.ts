// What the keys and the buttons of the recordings do.
import { toggleFull } from '../shell/fullScreen'
import { useShortcuts } from '../shell/shortcuts'
import { serverClock } from '../time/serverClock'
import { LAYOUTS, type Layout } from './address'
import type { Coverage } from './coverage'
import type { Playback } from './player/playback'
import type { Marked } from './timeline/Marks'
import { zoomed, type View } from './timeline/scale'

interface Desk {
  playback: Playback
  view: View
  setView: (view: View) => void
  marks: Marked
  setMarks: (marks: Marked) => void
  jump: (at: number) => void
  hold: () => void
  pick: () => void
  goTo: () => void
  setLayout: (layout: Layout) => void
  chosen: string | null
  alerts: Coverage['alerts']
}

/** An alert is looked at from before it on. */
const BEFORE_MS = 10_000

export function useDeskKeys(desk: Desk) {
  const { playback, marks, setMarks, jump } = desk
  const leap = (seconds: number) => jump(playback.position() + seconds * 1000)
  const step = (direction: 1 | -1) => playback.step(direction, desk.chosen)
  const live = () => {
    jump(playback.latest())
    playback.setSpeed(1)
    playback.play()
  }
  const whole = () => Math.round(playback.position() / 100) * 100
  const markIn = () => setMarks({ from: whole(), to: marks.to !== null && marks.to > whole() ? marks.to : null })
  const markOut = () => setMarks({ from: marks.from !== null && marks.from < whole() ? marks.from : null, to: whole() })
  const clearMarks = () => setMarks({ from: null, to: null })
  const zoom = (factor: number) => desk.setView(zoomed(desk.view, factor, playback.position(), serverClock.now()))
  const alert = (direction: 1 | -1) => {
    const at = playback.position()
    const starts = desk.alerts.map((one) => one.at - BEFORE_MS)
    const found = direction > 0 ? starts.find((one) => one > at + 1000) : starts.findLast((one) => one < at - 2000)
    if (found !== undefined) jump(found)
  }
  useShortcuts({
    ' ': () => playback.toggle(),
    k: () => playback.pause(),
    // As video editors do: L again is faster, J takes back; footage is not played backwards.
    l: () => (playback.state.get().playing ? playback.shift(1) : playback.play()),
    j: () => (playback.state.get().playing && playback.state.get().speed > 1 ? playback.shift(-1) : leap(-10)),
    ArrowLeft: () => leap(-10),
    ArrowRight: () => leap(10),
    ',': () => step(-1),
    '.': () => step(1),
    Home: () => jump(marks.from ?? desk.view.start),
    End: live,
    i: markIn,
    o: markOut,
    Escape: clearMarks,
    h: desk.hold,
    c: desk.pick,
    g: desk.goTo,
    '[': () => alert(-1),
    ']': () => alert(1),
    '+': () => zoom(0.6),
    '=': () => zoom(0.6),
    '-': () => zoom(1 / 0.6),
    f: toggleFull,
    ...Object.fromEntries(LAYOUTS.map((layout) => [String(layout), () => desk.setLayout(layout)])),
  })
  return { leap, step, live, markIn, markOut, clearMarks }
}
