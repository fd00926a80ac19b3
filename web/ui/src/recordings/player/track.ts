// One camera's picture kept with the playhead: which stretch is loaded, which one shows, what stands in for it.
import { Store } from '../../preferences/store'
import { standingAt, type Coverage, type Missing, type Recorded } from '../coverage'
import { Deck, type Trouble } from './deck'
import { playable, Stills } from './stills'
import { nudge, type Presence } from './sync'
import { nextIsDue, windowAfter, windowAround, type Frames, type Window } from './windows'

export interface Shown {
  phase: 'loading' | 'video' | 'stills' | 'gap' | 'nothing' | 'trouble'
  gap: Missing | null
  trouble: Trouble | null
  /** The codec that this browser does not play. */
  codec: string | null
  /** UTC of what is on the screen. */
  at: number | null
  /** What is shown is being recorded. */
  growing: boolean
}

export interface Playhead {
  at: number
  speed: number
  frames: Frames
  /** Time passes; false while standing and while waiting for a picture. */
  running: boolean
}

/** What the playhead has to know of a picture. */
export interface Report {
  presence: Presence
  /** How far the picture is ahead of the playhead, in milliseconds of footage; null where there is none to compare. */
  errorMs: number | null
}

const report = (presence: Presence, errorMs: number | null = null): Report => ({ presence, errorMs })

const nothing: Shown = { phase: 'loading', gap: null, trouble: null, codec: null, at: null, growing: false }
const FIRST_RETRY_MS = 3000
const LAST_RETRY_MS = 30_000
/** The picture's own time is written this often. */
const TOLD_EVERY_MS = 120

export class Track {
  readonly shown = new Store<Shown>(nothing)
  private coverage: Coverage | undefined
  private deck: Deck | null = null
  private coming: Deck | null = null
  private stills: Stills | null = null
  /** The codec that turned out not to play, as the timeline names it. */
  private refused: string | null = null
  private retryMs = FIRST_RETRY_MS
  /** The stretch that failed, and when it is tried again. */
  private troubled: Deck | null = null
  private retryAt = 0
  private toldAt = 0

  constructor(readonly camera: string, private readonly host: HTMLElement) {}

  close(): void {
    this.deck?.close()
    this.coming?.close()
    this.stills?.close()
  }

  cover(coverage: Coverage | undefined): void {
    this.coverage = coverage
  }

  retry(): void {
    this.drop()
    this.refused = null
  }

  /** UTC of the frame that is shown. */
  frameUtc(): number | null {
    return this.deck?.frameUtc() ?? null
  }

  /** UTC of the frame after, or before, that at `at`; null where it is not known. */
  neighbour(at: number, direction: 1 | -1): number | null | Promise<number | null> {
    return this.stills ? this.stills.neighbour(at, direction) : (this.deck?.neighbour(at, direction) ?? null)
  }

  painted(): number {
    return (this.deck?.painted ?? 0) + (this.stills?.painted ?? 0)
  }

  tick(head: Playhead): Report {
    const standing = standingAt(this.coverage, head.at)
    if (standing.kind === 'gap') {
      this.stand()
      this.tell({ phase: 'gap', gap: standing.span })
      return report('gap')
    }
    const recorded = standing.kind === 'recorded' ? standing.span : null
    const codec = recorded?.codec ?? ''
    if (this.refused === codec || !playable(codec)) return this.still(head, codec, recorded?.open ?? false)
    this.stills?.close()
    this.stills = null
    return this.play(head, recorded)
  }

  private still(head: Playhead, codec: string, growing: boolean): Report {
    this.drop()
    this.stills ??= new Stills(this.camera, this.host)
    this.stills.show(head.at, head.running)
    const { at, failed } = this.stills
    this.tell({ phase: at === null && failed ? 'trouble' : at === null ? 'loading' : 'stills', codec, at, growing, trouble: failed ? 'node' : null })
    return report(failed ? 'lost' : 'shown')
  }

  private play(head: Playhead, recorded: Recorded | null): Report {
    this.arrange(head)
    const deck = this.deck
    const growing = recorded?.open ?? false
    if (!deck) return this.waiting(growing)
    const trouble = deck.troubleAt(head.at)
    if (trouble) return this.inTrouble(deck, trouble, recorded)
    if (!deck.covers(head.at, head.frames)) {
      // Another stretch is on its way: the last picture stays until it is there.
      this.stand()
      return this.waiting(growing, deck.utc())
    }
    const at = deck.utc()
    const soon = deck.troubleSoon(head.at)
    if (!head.running) {
      this.stand()
      if (!deck.seek(head.at)) return this.beyond(deck, head, recorded)
      if (!deck.ready()) return soon ? this.inTrouble(deck, soon, recorded) : this.waiting(growing, at)
      return this.showing(deck, at === null ? null : at - head.at, growing)
    }
    if (!deck.ready() || at === null) return soon ? this.inTrouble(deck, soon, recorded) : this.waiting(growing, at)
    const step = nudge(at - head.at, head.speed)
    if (soon && (step.kind === 'seek' || !deck.fluent())) return this.inTrouble(deck, soon, recorded)
    if (step.kind === 'seek') {
      if (!deck.seek(head.at)) return this.beyond(deck, head, recorded)
      return this.waiting(growing, at)
    }
    if (Math.abs(deck.video.playbackRate - step.rate) > 0.002) deck.video.playbackRate = step.rate
    if (deck.video.paused) void deck.video.play().catch(() => undefined)
    return this.showing(deck, at - head.at, growing)
  }

  private showing(deck: Deck, errorMs: number | null, growing: boolean): Report {
    if (!deck.failing()) this.retryMs = FIRST_RETRY_MS
    this.tell({ phase: 'video', at: deck.frameUtc(), growing })
    return report(deck.fluent() ? 'shown' : 'coming', errorMs)
  }

  /** Sees to it that the stretch at the playhead is there, and the one after it in time. */
  private arrange(head: Playhead): void {
    if (this.deck?.failing()) this.tryAgain(this.deck, head)
    const coming = this.coming
    if (coming && coming.covers(head.at, head.frames) && !this.deck?.covers(head.at, head.frames)) {
      if (coming.ready() || coming.failing() || !this.deck) this.swap()
      return
    }
    if (this.deck?.troubleAt(head.at)) return
    if (!this.deck?.covers(head.at, head.frames)) {
      this.prepare(windowAround(head.at, head.frames), head.at)
      if (!this.deck) this.swap()
    } else if (head.running && nextIsDue(this.deck.window, head.at, head.speed)) {
      const after = windowAfter(this.deck.window)
      if (this.coming?.window.start !== after.start) this.prepare(after, this.deck.window.end)
    }
  }

  /** What failed is tried again after a while, with growing pauses; elsewhere it says nothing. */
  private tryAgain(deck: Deck, head: Playhead): void {
    const now = performance.now()
    if (this.troubled !== deck) {
      this.troubled = deck
      this.retryAt = now + this.retryMs
      this.retryMs = Math.min(LAST_RETRY_MS, this.retryMs * 2)
    }
    if (deck.troubleAt(head.at) === null) return
    const hopeless = deck.hopeless(head.at)
    if (!deck.covers(head.at, head.frames) || (hopeless === null ? now >= this.retryAt : !hopeless)) {
      deck.close()
      this.deck = this.troubled = null
    }
  }

  private prepare(window: Window, at: number): void {
    this.coming?.close()
    this.coming = new Deck(this.camera, window, at, this.host)
  }

  private swap(): void {
    this.deck?.close()
    this.deck = this.coming
    this.coming = null
    if (this.deck) this.deck.video.dataset.front = 'true'
  }

  private inTrouble(deck: Deck, trouble: Trouble, recorded: Recorded | null): Report {
    this.stand()
    if (trouble === 'codec') this.refused = recorded?.codec ?? ''
    if (trouble === 'missing' && !recorded) {
      this.tell({ phase: 'nothing' })
      return report('gap')
    }
    // A list that ended while its camera was away goes on with the next try.
    if (recorded?.open && trouble !== 'node' && trouble !== 'unreachable') return this.waiting(true, deck.utc())
    // What the timeline has and its recorder has not is lost.
    this.tell({ phase: 'trouble', trouble: trouble === 'missing' ? 'damaged' : trouble, at: deck.utc() })
    return report(trouble === 'unreachable' || trouble === 'node' ? 'lost' : 'none')
  }

  /** The playlist has nothing at the playhead: not yet, where it grows; else nothing at all. */
  private beyond(deck: Deck, head: Playhead, recorded: Recorded | null): Report {
    this.stand()
    const known = deck.knownTo()
    if (known === null || (head.at >= known - 1000 && deck.grows())) return this.waiting(recorded?.open ?? false, deck.utc())
    if (head.at >= known) deck.breakOff()
    this.tell(recorded && !deck.near(head.at) ? { phase: 'trouble', trouble: 'damaged' } : { phase: 'nothing' })
    return report('none')
  }

  private waiting(growing: boolean, at: number | null = null): Report {
    this.tell({ phase: 'loading', at, growing })
    return report('coming')
  }

  private stand(): void {
    if (this.deck && !this.deck.video.paused) this.deck.video.pause()
  }

  private drop(): void {
    this.deck?.close()
    this.coming?.close()
    this.deck = this.coming = null
  }

  private tell(part: Partial<Shown>): void {
    const next = { ...nothing, ...part }
    const held = this.shown.get()
    const same = (Object.keys(next) as (keyof Shown)[]).every((name) => name === 'at' || next[name] === held[name])
    const now = performance.now()
    if (same && (next.at === held.at || now - this.toldAt < TOLD_EVERY_MS)) return
    this.toldAt = now
    this.shown.set(next)
  }
}
