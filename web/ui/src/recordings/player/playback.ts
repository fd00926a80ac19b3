// The playhead: one moment in UTC for all pictures. It runs, waits for pictures, steps over what nobody recorded.
import { Store } from '../../preferences/store'
import { serverClock } from '../../time/serverClock'
import { nextFootage, type Coverage } from '../coverage'
import { skewOf, waits, yielding } from './sync'
import { Track, type Report } from './track'
import { framesFor, SPEEDS, type Speed } from './windows'

export interface PlaybackState {
  playing: boolean
  speed: Speed
  /** Playing, and held up by a picture that is not there yet. */
  waiting: boolean
  /** Pictures in step, and how far the frames that they show are apart; null for key frames, of which each camera has its own. */
  inStep: number
  skewMs: number | null
  /** At what is being recorded now. */
  live: boolean
  /** A drag of the playhead: where it is, before anything is loaded. */
  scrubAt: number | null
}

export type Note = { kind: 'skipped'; from: number; to: number } | { kind: 'end' } | null

/** So far behind the present footage is surely written, told of and fetched. */
export const LIVE_LAG_MS = 12_000
/** Nearer to the newest footage than this is at the present. */
const PRESENT_MS = 20_000
const TOLD_EVERY_MS = 250
/** A step where no camera has a picture. */
const UNKNOWN_FRAME_MS = 40
const NOTE_MS = 5000

export interface PlaybackOptions {
  at: number
  speed: Speed
  skipGaps: () => boolean
  /** Looks for footage beyond what is known; null: there is none. */
  findNext: (at: number) => Promise<number | null>
}

export class Playback {
  readonly state: Store<PlaybackState>
  readonly note = new Store<Note>(null)
  /** The playhead for those who need it seldom: where timelines are asked for, the address. */
  readonly coarse: Store<number>
  private readonly tracks = new Map<string, Track>()
  private readonly coverages = new Map<string, Coverage>()
  private readonly comingSince = new Map<string, number>()
  private readonly frameListeners = new Set<(at: number) => void>()
  private at: number
  private last = performance.now()
  private toldAt = 0
  private frame = 0
  private searching = false
  private noteTimer: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly options: PlaybackOptions) {
    this.at = Math.min(options.at, this.latest())
    this.coarse = new Store(this.at)
    this.state = new Store<PlaybackState>({
      playing: false, speed: options.speed, waiting: false, inStep: 0, skewMs: null, live: false, scrubAt: null,
    })
    this.frame = requestAnimationFrame(this.tick)
  }

  close(): void {
    cancelAnimationFrame(this.frame)
    clearTimeout(this.noteTimer)
    this.tracks.forEach((track) => track.close())
    this.tracks.clear()
  }

  position = (): number => this.at

  latest = (): number => serverClock.now() - LIVE_LAG_MS

  private atPresent = (): boolean => this.at >= this.latest() - PRESENT_MS

  onFrame(listener: (at: number) => void): () => void {
    this.frameListeners.add(listener)
    return () => this.frameListeners.delete(listener)
  }

  track(camera: string, host: HTMLElement): Track {
    const made = new Track(camera, host)
    made.cover(this.coverages.get(camera))
    this.tracks.set(camera, made)
    return made
  }

  untrack(track: Track): void {
    track.close()
    if (this.tracks.get(track.camera) === track) this.tracks.delete(track.camera)
    this.comingSince.delete(track.camera)
  }

  cover(camera: string, coverage: Coverage | undefined): void {
    if (coverage) this.coverages.set(camera, coverage)
    else this.coverages.delete(camera)
    this.tracks.get(camera)?.cover(coverage)
  }

  seek(at: number): void {
    this.at = Math.min(at, this.latest())
    this.searching = false
    this.comingSince.clear()
    this.coarse.set(this.at)
    this.change({ scrubAt: null, live: this.atPresent() })
  }

  scrub(at: number): void {
    this.change({ scrubAt: Math.min(at, this.latest()) })
  }

  play(): void {
    this.comingSince.clear()
    this.change({ playing: true })
  }

  pause(): void {
    this.change({ playing: false, waiting: false })
  }

  toggle(): void {
    if (this.state.get().playing) this.pause()
    else this.play()
  }

  setSpeed(speed: Speed): void {
    this.change({ speed })
  }

  /** To the next of the speeds in this direction. */
  shift(step: 1 | -1): void {
    const next = SPEEDS[SPEEDS.indexOf(this.state.get().speed) + step]
    if (next) this.setSpeed(next)
  }

  /** One frame on or back, of `camera` where it has a picture, else of another one's. */
  step(direction: 1 | -1, camera: string | null): void {
    this.pause()
    const from = this.at
    const tracks = [...this.tracks.values()].sort((a, b) => Number(b.camera === camera) - Number(a.camera === camera))
    for (const track of tracks) {
      const found = track.neighbour(from, direction)
      if (found === null) continue
      if (typeof found === 'number') this.land(found)
      else void found.then((at) => (at !== null && this.at === from ? this.land(at) : undefined))
      return
    }
    this.seek(from + direction * UNKNOWN_FRAME_MS)
  }

  private tick = (now: number): void => {
    this.frame = requestAnimationFrame(this.tick)
    const passed = Math.min(1000, Math.max(0, now - this.last))
    this.last = now
    const { playing, waiting, speed, scrubAt } = this.state.get()
    const running = playing && !waiting && scrubAt === null
    if (running) this.at += passed * speed
    this.keepBehindNow()
    const head = { at: this.at, speed, frames: framesFor(speed), running }
    const reports = new Map<string, Report>()
    this.tracks.forEach((track, camera) => reports.set(camera, track.tick(head)))
    this.judge(reports, now, running)
    if (playing && scrubAt === null) this.leap(reports)
    this.frameListeners.forEach((listener) => listener(scrubAt ?? this.at))
  }

  private keepBehindNow(): void {
    const latest = this.latest()
    if (this.at < latest) return
    this.at = latest
    if (this.state.get().speed > 1) this.setSpeed(1)
    if (!this.state.get().live) this.change({ live: true })
  }

  private judge(reports: Map<string, Report>, now: number, running: boolean): void {
    const pictures = [...reports].map(([camera, { presence }]) => {
      if (presence !== 'coming') this.comingSince.delete(camera)
      else if (!this.comingSince.has(camera)) this.comingSince.set(camera, now)
      return { presence, forMs: now - (this.comingSince.get(camera) ?? now) }
    })
    const { playing, speed } = this.state.get()
    if (playing) this.change({ waiting: waits(pictures) })
    const frames = [...reports].flatMap(([camera, { presence }]) => (presence === 'shown' ? (this.tracks.get(camera)?.frameUtc() ?? []) : []))
    const errors = [...reports.values()].flatMap(({ presence, errorMs }) => (errorMs === null || presence !== 'shown' ? [] : [errorMs]))
    if (running) this.at += yielding(errors, speed)
    if (now - this.toldAt < TOLD_EVERY_MS) return
    this.toldAt = now
    this.coarse.set(this.at)
    this.change({ inStep: frames.length, skewMs: framesFor(speed) === 'all' ? skewOf(frames) : null, live: this.atPresent() })
  }

  /** Over what nobody recorded. */
  private leap(reports: Map<string, Report>): void {
    if (this.searching || reports.size === 0 || ![...reports.values()].every((report) => report.presence === 'gap')) return
    if (!this.options.skipGaps() || this.at >= this.latest() - 1500) return
    const known = nextFootage([...this.tracks.keys()].flatMap((camera) => this.coverages.get(camera) ?? []), this.at)
    if (known !== null) {
      this.land(known)
      return
    }
    this.searching = true
    const from = this.at
    void this.options.findNext(from).catch(() => null).then((found) => {
      if (!this.searching) return
      this.searching = false
      if (found !== null && found < this.latest()) this.land(found, from)
      else {
        this.pause()
        this.say({ kind: 'end' })
      }
    })
  }

  private land(to: number, from = this.at): void {
    if (Math.abs(to - from) > 2000) this.say({ kind: 'skipped', from: Math.min(from, to), to: Math.max(from, to) })
    this.seek(to)
  }

  private say(note: Note): void {
    clearTimeout(this.noteTimer)
    this.note.set(note)
    this.noteTimer = setTimeout(() => this.note.set(null), NOTE_MS)
  }

  private change(part: Partial<PlaybackState>): void {
    const held = this.state.get()
    if ((Object.keys(part) as (keyof PlaybackState)[]).some((name) => part[name] !== held[name])) this.state.set({ ...held, ...part })
  }
}
