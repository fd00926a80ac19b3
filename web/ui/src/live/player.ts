// One live camera: its socket, the best way this browser has to show it, and how that is going.
import { socketEnded } from '../rooms/openings'
import { CLOSE_CHANGED, CLOSE_FOREIGN, CLOSE_SIGNED_OUT, CLOSE_UNKNOWN, LastingSocket } from '../sockets/lastingSocket'
import { serverClock } from '../time/serverClock'
import { WallFeed } from '../wall/feed'
import { isInit } from './fmp4'
import { mseSupports, MseTransport } from './mse'
import { PersonBoxes, type Step, type Track } from './personBoxes'
import { codecOf, type StreamInfo, type Transport, type TransportEvents, type TransportKind } from './transport'
import { webCodecsSupports, WebCodecsTransport } from './webcodecs'

export interface LiveStatus {
  phase: 'connecting' | 'playing' | 'reconnecting' | 'paused' | 'refused'
  transport: TransportKind | null
  codec: string
  /** Why the server could not give video; a word of the catalogue's `reason`. */
  reason: string | null
  /** Still pictures are shown instead of video: this browser cannot play it, or there is none that is covered. */
  unplayable: false | 'codec' | 'masked'
  /** The server covers what this session may not see; null: it has not said yet. */
  masked: boolean | null
  lagMs: number | null
  paintedAt: number | null
  width: number
  height: number
}

export const initialStatus: LiveStatus = {
  phase: 'connecting', transport: null, codec: '', reason: null, unplayable: false, masked: null,
  lagMs: null, paintedAt: null, width: 0, height: 0,
}

export interface LivePlayerOptions {
  camera: string
  profile: 'main' | 'sub'
  video: HTMLVideoElement
  canvas: HTMLCanvasElement
  status: (status: LiveStatus) => void
  /** After each painted frame: draw what belongs over it. */
  overlay: (tracks: Track[] | null, trail: (id: number) => Step[]) => void
}

const SILENCE_MS = 6000
const HIDDEN_PAUSE_MS = 15_000
/** Why there is no covered video, though there are covered pictures. */
const NO_MASKED_VIDEO = ['busy', 'decoder', 'unsupported_codec', 'not_found', 'no_keyframe']

export class LivePlayer {
  private status: LiveStatus = initialStatus
  private socket: LastingSocket | null = null
  private transport: Transport | null = null
  private stills: WallFeed | null = null
  private info: StreamInfo | null = null
  private choosing = 0
  private held: ArrayBuffer[] = []
  private noWebCodecs = false
  private noMse = false
  private boxes = new PersonBoxes()
  private frameAt: number | null = null
  private lags: number[] = []
  private hiddenTimer: ReturnType<typeof setTimeout> | undefined
  private readonly reporter: ReturnType<typeof setInterval>

  constructor(private readonly options: LivePlayerOptions) {
    this.reporter = setInterval(this.report, 500)
    document.addEventListener('visibilitychange', this.visibility)
    this.connect()
  }

  close(): void {
    clearInterval(this.reporter)
    clearTimeout(this.hiddenTimer)
    document.removeEventListener('visibilitychange', this.visibility)
    this.disconnect()
  }

  /** The element that shows the picture now. */
  surface(): HTMLVideoElement | HTMLCanvasElement {
    return this.status.transport === 'mse' ? this.options.video : this.options.canvas
  }
  shownAt(): number | null {
    return this.frameAt
  }

  private connect(): void {
    const { camera, profile } = this.options
    this.socket = new LastingSocket({
      path: () => `/ws/live/${encodeURIComponent(camera)}?profile=${profile}`,
      onMessage: (data) => (typeof data === 'string' ? this.text(data) : this.binary(data)),
      onDown: (code) => {
        if (code === CLOSE_CHANGED) this.blank()
        this.set({ phase: code === CLOSE_FOREIGN ? 'refused' : 'reconnecting' })
        socketEnded(camera, code)
      },
      finalCodes: [CLOSE_SIGNED_OUT, CLOSE_FOREIGN, CLOSE_UNKNOWN],
      silenceMs: SILENCE_MS,
    })
  }

  private disconnect(): void {
    this.choosing++
    this.socket?.close()
    this.socket = null
    this.transport?.close()
    this.transport = null
    this.stills?.close()
    this.stills = null
    this.info = null
  }

  /** What may be seen is another: nothing of before is shown on. */
  private blank(): void {
    this.choosing++
    this.held = []
    this.info = null
    this.frameAt = null
    this.transport?.close()
    this.transport = null
    this.options.canvas.width = 0
  }

  private text(text: string): void {
    let message: Record<string, unknown>
    try {
      message = JSON.parse(text) as Record<string, unknown>
    } catch {
      return
    }
    if (typeof message.error === 'string') {
      this.set({ reason: message.error, phase: 'reconnecting', masked: message.masked === true })
      if (message.masked === true && NO_MASKED_VIDEO.includes(message.error)) this.showStills('masked')
    } else if (typeof message.mime === 'string') {
      this.info = {
        mime: message.mime,
        run: String(message.run ?? ''),
        anchorMs: Date.parse(String(message.anchor_utc)),
        timescale: Number(message.timescale) || 90_000,
      }
      this.choosing++
      this.held = []
      this.set({ codec: codecOf(message.mime), reason: null, masked: message.masked === true })
    } else if (Array.isArray(message.tracks)) {
      this.boxes.add(Date.parse(String(message.at)), message.tracks as Track[])
      if (this.status.transport === 'jpeg') this.paintOverlay()
    }
  }

  private binary(data: ArrayBuffer): void {
    if (!this.info || this.stills) return
    if (isInit(data)) void this.begin(this.info, data)
    else if (this.transport && this.held.length === 0) this.transport.fragment(data)
    else this.held.push(data)
  }

  private async begin(info: StreamInfo, init: ArrayBuffer): Promise<void> {
    const choice = ++this.choosing
    this.held = [init]
    const webCodecs = !this.noWebCodecs && (await webCodecsSupports(info, init))
    if (choice !== this.choosing) return
    const kind: TransportKind = webCodecs ? 'webcodecs' : !this.noMse && mseSupports(info.mime) ? 'mse' : 'jpeg'
    if (kind === 'jpeg') return this.showStills('codec')
    if (this.transport?.kind !== kind) {
      this.transport?.close()
      this.transport =
        kind === 'mse'
          ? new MseTransport(this.options.video, this.events(kind))
          : new WebCodecsTransport(this.options.canvas, this.events(kind))
    }
    this.set({ transport: kind, unplayable: false })
    const waiting = this.held.slice(1)
    this.held = []
    this.transport?.start(info, init)
    waiting.forEach((fragment) => this.transport?.fragment(fragment))
  }

  private events(kind: TransportKind): TransportEvents {
    return {
      painted: (at) => this.painted(at),
      size: (width, height) => this.set({ width, height }),
      starved: () => this.socket?.renew(),
      failed: () => {
        // Not again on this page: the next way is tried from the next key frame on.
        if (kind === 'webcodecs') this.noWebCodecs = true
        else this.noMse = true
        this.transport?.close()
        this.transport = null
        this.socket?.renew()
      },
    }
  }

  private showStills(why: 'codec' | 'masked'): void {
    this.held = []
    this.transport?.close()
    this.transport = null
    // Boxes could still come over the live socket, but so would video that nobody can see.
    this.socket?.close()
    this.socket = null
    this.set({ transport: 'jpeg', unplayable: why })
    this.stills = new WallFeed(2)
    this.stills.attach(this.options.camera, {
      canvas: this.options.canvas,
      painted: (header, at) => {
        this.set({ width: header.w, height: header.h })
        this.painted(at)
      },
      aged: () => undefined,
      width: () => 1920,
    })
    this.stills.watch([this.options.camera])
  }

  private painted(at: number | null): void {
    this.frameAt = at
    if (at !== null) this.lags.push(serverClock.now() - at)
    if (this.status.phase !== 'playing') this.set({ phase: 'playing', reason: null, paintedAt: performance.now() })
    this.status.paintedAt = performance.now()
    this.paintOverlay()
  }

  private paintOverlay(): void {
    const now = serverClock.now()
    this.options.overlay(this.boxes.at(this.frameAt, now), (id) => this.boxes.trail(id, this.frameAt ?? now))
  }

  private report = () => {
    if (this.lags.length > 0) {
      const sorted = this.lags.sort((a, b) => a - b)
      const lagMs = sorted[Math.floor(sorted.length / 2)] ?? null
      this.lags = []
      this.set({ lagMs })
    } else if (this.status.phase === 'playing' && performance.now() - (this.status.paintedAt ?? 0) > 5000) {
      this.set({ lagMs: null, phase: 'reconnecting' })
    }
  }

  private visibility = () => {
    clearTimeout(this.hiddenTimer)
    if (document.hidden) {
      // Nobody looks: on mobile data every second of video costs.
      this.hiddenTimer = setTimeout(() => {
        this.disconnect()
        this.set({ phase: 'paused', lagMs: null })
      }, HIDDEN_PAUSE_MS)
    } else if (!this.socket && !this.stills) {
      this.set({ phase: 'connecting' })
      this.connect()
    }
  }

  private set(change: Partial<LiveStatus>): void {
    const changed = (Object.keys(change) as (keyof LiveStatus)[]).some((name) => change[name] !== this.status[name])
    if (!changed) return
    this.status = { ...this.status, ...change }
    this.options.status(this.status)
  }
}
