// One stretch of one camera in one video element: the playlist through hls.js, and the way between its time and UTC.
import Hls, { type ErrorData, type LevelDetails, type LoadPolicy } from 'hls.js/light'
import { query } from '../../api/client'
import { secondsOf, utcOf } from './mediaMap'
import { holds, type Window } from './windows'

export type Trouble = 'unreachable' | 'node' | 'missing' | 'forbidden' | 'codec' | 'damaged'

/** A frame's length is at most this; so near to the wanted moment a standing picture is where it should be. */
const FRAME_S = 0.012

export function playlistOf(camera: string, window: Window): string {
  const span = { start: new Date(window.start).toISOString(), end: new Date(window.end).toISOString() }
  return `/api/cameras/${encodeURIComponent(camera)}/playback.m3u8${query({ ...span, frames: window.frames === 'key' ? 'key' : null })}`
}

const onlyOnce: LoadPolicy = { default: { maxTimeToFirstByteMs: 10_000, maxLoadTimeMs: 20_000, timeoutRetry: null, errorRetry: null } }

export class Deck {
  readonly video = document.createElement('video')
  trouble: Trouble | null = null
  /** Frames put on the screen, and the last one's place on the element's time line. */
  painted = 0
  private frameAt: number | null = null
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
      nudgeMaxRetry: 6,
    })
    this.hls.on(Hls.Events.LEVEL_LOADED, (_, { details }) => this.arrived(details))
    this.hls.on(Hls.Events.LEVEL_UPDATED, (_, { details }) => {
      this.details = details
    })
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

  /** Can show the moment that was wanted last. */
  ready(): boolean {
    return this.trouble === null && this.details !== null && this.video.readyState >= 2 && !this.video.seeking
  }

  /** Has something to go on with. */
  fluent(): boolean {
    return this.ready() && (this.video.readyState >= 3 || this.video.ended)
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

  /** The newest moment that the playlist knows; null before it is there. */
  knownTo(): number | null {
    const last = this.details?.fragments.at(-1)
    return last && last.programDateTime !== null ? last.programDateTime + last.duration * 1000 : null
  }

  /** Goes to `at`; false when there is nothing in this stretch. */
  seek(at: number): boolean {
    this.wanted = at
    if (!this.details) return true
    const seconds = secondsOf(this.details.fragments, at)
    if (seconds === null) return false
    // One search at a time, unless it hangs: a drag would otherwise never arrive.
    if (this.video.seeking && performance.now() - this.soughtAt < 1500) return true
    if (Math.abs(this.video.currentTime - seconds) > FRAME_S) {
      this.soughtAt = performance.now()
      this.video.currentTime = seconds
    }
    return true
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

  private failed(data: ErrorData): void {
    if (this.closed || !data.fatal) return
    if (data.type === Hls.ErrorTypes.MEDIA_ERROR && data.details !== Hls.ErrorDetails.BUFFER_ADD_CODEC_ERROR
      && data.details !== Hls.ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR && this.trouble === null && this.painted > 0) {
      this.hls.recoverMediaError()
      return
    }
    this.trouble = troubleOf(data)
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
  if (code === 404) return 'missing'
  if (code === 401 || code === 403) return 'forbidden'
  if (code >= 500) return 'node'
  if (data.type === Hls.ErrorTypes.NETWORK_ERROR) return 'unreachable'
  if (data.details === Hls.ErrorDetails.BUFFER_ADD_CODEC_ERROR || data.details === Hls.ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR) return 'codec'
  return 'damaged'
}
