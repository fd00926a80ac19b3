// One stretch of one camera in one video element: the playlist through hls.js, and the way between its time and UTC.
import Hls, { type ErrorData, type Fragment, type LevelDetails, type LoadPolicy } from 'hls.js/light'
import { query } from '../../api/client'
import { parseInit, sampleTimes } from '../../live/fmp4'
import { doubt } from '../../rooms/openings'
import { neighbourOf } from './frames'
import { restOfFile, secondsOf, utcOf, type Span } from './mediaMap'
import { holds, type Window } from './windows'

export type Trouble = 'unreachable' | 'node' | 'missing' | 'forbidden' | 'codec' | 'damaged'

/** So near to the wanted moment a standing picture is where it should be: another frame may begin beyond that. */
const EXACT_S = 0.002
/** Memory begins with a frame: so much may be missing before it. */
const FRAME_S = 0.012
/** So near to what cannot be read hls.js leaps over it. */
const SOON_MS = 1000
/** An element with nothing to follow stops so short of its end. */
const LAST_S = 0.15
/** As `coverage.ts` joins what was recorded. */
const HOLE_MS = 1000

export function playlistOf(camera: string, window: Window): string {
  const span = { start: new Date(window.start).toISOString(), end: new Date(window.end).toISOString() }
  return `/api/cameras/${encodeURIComponent(camera)}/playback.m3u8${query({ ...span, frames: window.frames === 'key' ? 'key' : null })}`
}

/** Pictures that are in memory bridge a short silence; a longer one has to be told. */
const aFewTimes: LoadPolicy = {
  default: {
    maxTimeToFirstByteMs: 10_000, maxLoadTimeMs: 60_000, timeoutRetry: { maxNumRetry: 1, retryDelayMs: 0, maxRetryDelayMs: 0 },
    errorRetry: { maxNumRetry: 3, retryDelayMs: 1000, maxRetryDelayMs: 4000 },
  },
}
const onlyOnce: LoadPolicy = { default: { maxTimeToFirstByteMs: 10_000, maxLoadTimeMs: 20_000, timeoutRetry: null, errorRetry: null } }

const FRAGMENTS: ReadonlySet<string> = new Set([Hls.ErrorDetails.FRAG_LOAD_ERROR, Hls.ErrorDetails.FRAG_LOAD_TIMEOUT])
/** `NetworkErrorAction.RetryRequest` of hls.js, which is no value to the compiler. */
const RETRIES = 5

export class Deck {
  readonly video = document.createElement('video')
  private trouble: Trouble | null = null
  /** Files that cannot be read (UTC): hls.js goes on behind them. */
  private spoilt: (Span & { trouble: Trouble })[] = []
  /** The element itself goes on no more. */
  private dead = false
  /** Frames put on the screen, and the last one's place on the element's time line. */
  painted = 0
  private frameAt: number | null = null
  private readonly frames = new Map<number, number[]>()
  private readonly hls: Hls
  private details: LevelDetails | null = null
  private wanted: number
  private soughtAt = 0
  private started = false
  private closed = false

  constructor(camera: string, readonly window: Window, at: number, host: HTMLElement) {
    this.wanted = at
    this.video.muted = true
    this.video.playsInline = true
    this.video.disableRemotePlayback = true
    this.video.preload = 'auto'
    this.video.className = 'deck'
    host.append(this.video)
    const sparse = window.frames === 'key'
    this.hls = new Hls({
      // The page's policy allows no workers from blobs, and fragmented MP4 needs none.
      enableWorker: false,
      autoStartLoad: false,
      maxBufferLength: sparse ? 200 : 20,
      maxMaxBufferLength: sparse ? 400 : 40,
      maxBufferSize: 48 * 2 ** 20,
      backBufferLength: sparse ? 60 : 20,
      // A growing playlist is a recording, not a broadcast: nobody is to be pulled to its end.
      liveSyncDurationCount: 1,
      liveMaxLatencyDurationCount: Infinity,
      liveDurationInfinity: false,
      maxLiveSyncPlaybackRate: 1,
      maxBufferHole: 0.3,
      // What does not answer is told at once and tried again by the track, with its pauses.
      manifestLoadPolicy: onlyOnce,
      fragLoadPolicy: aFewTimes,
      nudgeMaxRetry: 6,
    })
    this.hls.on(Hls.Events.LEVEL_LOADED, (_, { details }) => this.arrived(details))
    this.hls.on(Hls.Events.LEVEL_UPDATED, (_, { details }) => {
      this.details = details
    })
    this.hls.on(Hls.Events.FRAG_LOADED, (_, { frag, payload }) => this.learn(frag, payload))
    this.hls.on(Hls.Events.ERROR, (_, data) => this.failed(data))
    this.hls.attachMedia(this.video)
    this.hls.loadSource(playlistOf(camera, window))
    this.watchFrames()
  }

  close(): void {
    this.closed = true
    this.hls.destroy()
    this.video.removeAttribute('src')
    this.video.remove()
  }

  covers(at: number, frames: Window['frames']): boolean {
    return this.window.frames === frames && holds(this.window, at)
  }

  failing(): boolean {
    return this.trouble !== null
  }

  /** What hinders the picture of `at`; null while nothing does, and where it is in memory already. */
  troubleAt(at: number): Trouble | null {
    const trouble = this.spoilt.find((one) => at >= one.start && at < one.end)?.trouble ?? this.trouble
    return trouble !== null && !this.has(at) ? trouble : null
  }

  /** The same of what comes at once, where the element has stopped or has gone on behind it already. */
  troubleSoon(at: number): Trouble | null {
    return this.spoilt.find((one) => at >= one.start - SOON_MS && at < one.end)?.trouble ?? null
  }

  /** Whether another try would do no good at `at`, but may elsewhere; null where that depends on the server alone. */
  hopeless(at: number): boolean | null {
    return this.spoilt.length === 0 ? null : this.spoilt.some((one) => at >= one.start && at < one.end)
  }

  /** Nothing more is coming, though the stretch goes on. */
  breakOff(): void {
    this.trouble = 'missing'
  }

  /** Can show the moment that was wanted last. */
  ready(): boolean {
    return !this.dead && this.details !== null && this.video.readyState >= 2 && !this.video.seeking
  }

  /** Has something to go on with, or never will. */
  fluent(): boolean {
    return this.ready() && (this.video.readyState >= 3 || this.video.ended || this.trouble !== null || this.spoilt.length > 0)
  }

  /** The list of what was recorded may still become longer. */
  grows(): boolean {
    return this.details?.live ?? true
  }

  /** UTC of what is shown, by the element's clock; null while nothing is. */
  utc(): number | null {
    return this.details && this.video.readyState >= 1 ? utcOf(this.details.fragments, this.video.currentTime) : null
  }

  /** UTC of the frame on the screen: its own begin, not the clock's moment within it. */
  frameUtc(): number | null {
    if (!this.details || this.frameAt === null) return this.utc()
    return utcOf(this.details.fragments, this.frameAt)
  }

  /** UTC of the frame after, or before, that at `at`; null where it is not loaded. */
  neighbour(at: number, direction: 1 | -1): number | null {
    return this.details ? neighbourOf(this.details.fragments, this.frames, at, direction) : null
  }

  /** The newest moment that the playlist knows; null before it is there. */
  knownTo(): number | null {
    const last = this.details?.fragments.at(-1)
    return last && last.programDateTime !== null ? last.programDateTime + last.duration * 1000 : null
  }

  /** A hole so narrow that the timeline does not draw it. */
  near(at: number): boolean {
    const { details } = this
    return details !== null && [-HOLE_MS, HOLE_MS].some((ms) => secondsOf(details.fragments, at + ms) !== null)
  }

  /** Goes to `at`; false when there is nothing in this stretch. */
  seek(at: number): boolean {
    this.wanted = at
    if (!this.details) return true
    const seconds = secondsOf(this.details.fragments, at)
    if (seconds === null) return false
    // One search at a time, unless it hangs: a drag would otherwise never arrive.
    if (this.video.seeking && performance.now() - this.soughtAt < 1500) return true
    if (Math.abs(this.video.currentTime - seconds) > EXACT_S) {
      this.soughtAt = performance.now()
      this.video.currentTime = seconds
    }
    return true
  }

  private has(at: number): boolean {
    const seconds = this.details && !this.dead ? secondsOf(this.details.fragments, at) : null
    if (seconds === null) return false
    const { buffered } = this.video
    return Array.from({ length: buffered.length }, (_, index) => index).some((index) => seconds >= buffered.start(index) - FRAME_S && seconds < buffered.end(index) - LAST_S)
  }

  private arrived(details: LevelDetails): void {
    this.details = details
    if (this.started) return
    this.started = true
    const seconds = secondsOf(details.fragments, this.wanted) ?? nearest(details, this.wanted)
    this.hls.startLoad(seconds)
    this.soughtAt = performance.now()
    this.video.currentTime = seconds
  }

  private learn(frag: Fragment, payload: ArrayBuffer): void {
    const head = frag.initSegment?.data
    const init = head ? parseInit(head.slice().buffer) : null
    if (init && typeof frag.sn === 'number') this.frames.set(frag.sn, sampleTimes(payload).map((ticks) => ticks / init.timescale))
  }

  private failed(data: ErrorData): void {
    if (this.closed) return
    const { frag } = data
    const trouble = troubleOf(data)
    // hls.js does not hand on what the server said of it.
    if (trouble === 'forbidden') doubt()
    if (data.details === Hls.ErrorDetails.FRAG_LOAD_ERROR && frag && this.details && (trouble === 'damaged' || trouble === 'missing')) {
      const { fragments } = this.details
      const span = restOfFile(fragments, fragments.findIndex((one) => one.sn === frag.sn || one.initSegment?.url === frag.url))
      if (span && !this.spoilt.some((one) => one.end === span.end)) this.spoilt.push({ ...span, trouble })
    }
    // In a list that grows hls.js takes each fragment that does not come for lost, and asks for the next at once.
    const away = FRAGMENTS.has(data.details) && (trouble === 'node' || trouble === 'unreachable') && data.errorAction?.action !== RETRIES
    if (away) this.hls.stopLoad()
    else if (!data.fatal) return
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && data.details !== Hls.ErrorDetails.BUFFER_ADD_CODEC_ERROR
      && data.details !== Hls.ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR && this.trouble === null && this.painted > 0) {
      this.hls.recoverMediaError()
      return
    }
    this.trouble = trouble
    this.dead = data.type === Hls.ErrorTypes.MEDIA_ERROR
  }

  private watchFrames(): void {
    if (!('requestVideoFrameCallback' in this.video)) return
    const shown: VideoFrameRequestCallback = (_, frame) => {
      if (this.closed) return
      this.painted += 1
      this.frameAt = frame.mediaTime
      this.video.requestVideoFrameCallback(shown)
    }
    this.video.requestVideoFrameCallback(shown)
  }
}

function nearest(details: LevelDetails, at: number): number {
  const next = details.fragments.find((one) => (one.programDateTime ?? 0) >= at) ?? details.fragments.at(-1)
  return next?.start ?? 0
}

function troubleOf(data: ErrorData): Trouble {
  const code = data.response?.code ?? 0
  if (code === 404 || code === 422) return 'missing'
  if (code === 410) return 'damaged'
  if (code === 401 || code === 403) return 'forbidden'
  if (code >= 500) return 'node'
  if (data.type === Hls.ErrorTypes.NETWORK_ERROR) return 'unreachable'
  if (data.details === Hls.ErrorDetails.BUFFER_ADD_CODEC_ERROR || data.details === Hls.ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR) return 'codec'
  return 'damaged'
}
