// Live video through Media Source Extensions: appends fragments, trims what was seen, keeps to the lag policy.
import { LagPolicy } from './lagPolicy'
import type { StreamInfo, Transport, TransportEvents } from './transport'

const KEEP_S = 8
const TRIM_ABOVE_S = 15
const QUEUE_BYTES = 16 * 1024 * 1024
const STALL_MS = 120

type SourceClass = { new (): MediaSource; isTypeSupported(mime: string): boolean }

/** iPhones have only ManagedMediaSource, and only for elements that cannot be sent to a television. */
function sourceClass(): { type: SourceClass; managed: boolean } | null {
  const scope = window as unknown as { ManagedMediaSource?: SourceClass; MediaSource?: SourceClass }
  if (scope.MediaSource) return { type: scope.MediaSource, managed: false }
  if (scope.ManagedMediaSource) return { type: scope.ManagedMediaSource, managed: true }
  return null
}

export function mseSupports(mime: string): boolean {
  return sourceClass()?.type.isTypeSupported(mime) ?? false
}

export class MseTransport implements Transport {
  readonly kind = 'mse'
  private readonly policy = new LagPolicy()
  private source: MediaSource | null = null
  private buffer: SourceBuffer | null = null
  private info: StreamInfo | null = null
  private url = ''
  private queue: ArrayBuffer[] = []
  private queued = 0
  private started = false
  private waitingSince = 0
  private frameCallback = 0
  private readonly pace: ReturnType<typeof setInterval>

  constructor(private readonly video: HTMLVideoElement, private readonly events: TransportEvents) {
    video.muted = true
    video.playsInline = true
    video.addEventListener('waiting', this.waiting)
    video.addEventListener('playing', this.running)
    video.addEventListener('error', this.broken)
    video.addEventListener('resize', this.resized)
    this.pace = setInterval(this.keepPace, 100)
    this.watchFrames()
  }

  start(info: StreamInfo, init: ArrayBuffer): void {
    const found = sourceClass()
    if (!found) return this.events.failed('mse')
    // A new run has its own clock: a fresh source is simpler than patching two timelines together.
    this.drop()
    this.info = info
    this.queue = [init]
    this.queued = init.byteLength
    this.started = false
    const source = new found.type()
    this.source = source
    if (found.managed) this.video.disableRemotePlayback = true
    source.addEventListener('sourceopen', () => {
      if (this.source !== source) return
      try {
        this.buffer = source.addSourceBuffer(info.mime)
        this.buffer.mode = 'segments'
        this.buffer.addEventListener('updateend', this.updated)
        source.duration = Infinity
        this.append()
      } catch {
        this.events.failed('codec')
      }
    }, { once: true })
    this.url = URL.createObjectURL(source)
    this.video.src = this.url
  }

  fragment(data: ArrayBuffer): void {
    this.queue.push(data)
    this.queued += data.byteLength
    if (this.queued > QUEUE_BYTES) {
      this.queue = []
      this.queued = 0
      return this.events.starved()
    }
    this.append()
  }

  close(): void {
    clearInterval(this.pace)
    this.video.removeEventListener('waiting', this.waiting)
    this.video.removeEventListener('playing', this.running)
    this.video.removeEventListener('error', this.broken)
    this.video.removeEventListener('resize', this.resized)
    if (this.frameCallback) this.video.cancelVideoFrameCallback(this.frameCallback)
    this.drop()
  }

  private drop(): void {
    this.buffer?.removeEventListener('updateend', this.updated)
    this.buffer = null
    this.source = null
    if (this.url) {
      URL.revokeObjectURL(this.url)
      this.url = ''
      this.video.removeAttribute('src')
      this.video.load()
    }
  }

  private append(): void {
    const buffer = this.buffer
    if (!buffer || buffer.updating || this.queue.length === 0 || this.source?.readyState !== 'open') return
    const data = this.queue.length === 1 ? (this.queue[0] as ArrayBuffer) : joined(this.queue, this.queued)
    try {
      buffer.appendBuffer(data)
      this.queue = []
      this.queued = 0
    } catch (error) {
      if (error instanceof DOMException && error.name === 'QuotaExceededError') this.makeRoom()
      else this.events.starved()
    }
  }

  private updated = () => {
    const ranges = this.buffer?.buffered
    if (ranges && ranges.length > 0 && !this.started) {
      this.started = true
      this.video.currentTime = Math.max(ranges.start(0), ranges.end(ranges.length - 1) - this.policy.targetS())
      void this.video.play().catch(() => undefined)
    }
    this.keepPace()
    this.append()
    this.trim()
  }

  private keepPace = () => {
    const ranges = this.buffer?.buffered
    if (!this.started || !ranges || ranges.length === 0 || document.hidden) return
    const last = ranges.length - 1
    const end = ranges.end(last)
    const { rate, jumpTo } = this.policy.decide(end, this.video.currentTime, performance.now())
    // Fragments were lost on the way: the hole would hold the picture for ever.
    const behindHole = this.video.currentTime < ranges.start(last) - 0.01
    if (jumpTo !== null || behindHole) {
      this.video.currentTime = Math.max(ranges.start(last), jumpTo ?? end - this.policy.targetS())
    }
    if (this.video.playbackRate !== rate) this.video.playbackRate = rate
    if (this.video.paused) void this.video.play().catch(() => undefined)
  }

  private trim(): void {
    const buffer = this.buffer
    if (!buffer || buffer.updating || buffer.buffered.length === 0) return
    const from = buffer.buffered.start(0)
    if (this.video.currentTime - from > TRIM_ABOVE_S) buffer.remove(from, this.video.currentTime - KEEP_S)
  }

  private makeRoom(): void {
    const buffer = this.buffer
    if (!buffer || buffer.updating || buffer.buffered.length === 0) return
    const until = this.video.currentTime - 1
    if (until > buffer.buffered.start(0)) buffer.remove(buffer.buffered.start(0), until)
    else this.events.starved()
  }

  private waiting = () => {
    if (this.started && !document.hidden) this.waitingSince = performance.now()
  }
  private running = () => {
    // Every short breath is called "waiting" at a lag of two frames; only what an eye sees is a stall.
    if (this.waitingSince && performance.now() - this.waitingSince > STALL_MS) this.policy.stalled(performance.now())
    this.waitingSince = 0
  }
  private broken = () => this.events.failed('decode')
  private resized = () => this.events.size(this.video.videoWidth, this.video.videoHeight)

  private watchFrames(): void {
    if (typeof this.video.requestVideoFrameCallback !== 'function') {
      this.video.addEventListener('timeupdate', () => this.events.painted(this.utc(this.video.currentTime)))
      return
    }
    const next = () => {
      this.frameCallback = this.video.requestVideoFrameCallback((_, frame) => {
        this.running()
        this.events.painted(this.utc(frame.mediaTime))
        next()
      })
    }
    next()
  }

  private utc(mediaTime: number): number | null {
    return this.info ? this.info.anchorMs + mediaTime * 1000 : null
  }
}

function joined(parts: ArrayBuffer[], bytes: number): ArrayBuffer {
  const all = new Uint8Array(bytes)
  let at = 0
  for (const part of parts) {
    all.set(new Uint8Array(part), at)
    at += part.byteLength
  }
  return all.buffer
}
