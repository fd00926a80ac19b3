// A websocket that comes back by itself. What is said over it is the business of those who use it.
import { announceRightsDoubted, announceSignedOut } from '../api/client'
import { Backoff } from './backoff'

export interface LastingSocketOptions {
  /** Asked anew before each attempt: a resume position changes. */
  path: () => string
  onOpen?: (socket: WebSocket) => void
  onMessage: (data: string | ArrayBuffer) => void
  /** `silentMs`: for how long nothing had been heard. */
  onDown?: (code: number, silentMs: number) => void
  /** Codes after which trying again is useless. */
  finalCodes?: readonly number[]
  /** Nothing heard for so long: the connection is taken for dead (half-open TCP tells nobody). 0: never. */
  silenceMs?: number
  /** With `silenceMs`, once a second: for how long nothing has been heard. */
  onSilence?: (ms: number) => void
}

export const CLOSE_SIGNED_OUT = 4401
/** Opened by another site's page, or not permitted. */
export const CLOSE_FOREIGN = 4403
export const CLOSE_UNKNOWN = 4404
/** What one may see has changed: a new socket shows what one may now. */
export const CLOSE_CHANGED = 4409
export const CLOSE_TRY_AGAIN = 4503

export class LastingSocket {
  private socket: WebSocket | null = null
  private timer: ReturnType<typeof setTimeout> | undefined
  private watchdog: ReturnType<typeof setInterval> | undefined
  private openedAt = 0
  private heardAt = 0
  private closed = false
  private failed = false
  private readonly backoff = new Backoff()

  constructor(private readonly options: LastingSocketOptions) {
    window.addEventListener('online', this.hurry)
    document.addEventListener('visibilitychange', this.hurry)
    if (options.silenceMs) this.watchdog = setInterval(this.checkSilence, 1000)
    this.connect()
  }

  send(value: unknown): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false
    this.socket.send(JSON.stringify(value))
    return true
  }

  /** Drop this connection and make a new one now. */
  renew(): void {
    this.backoff.reset()
    this.abandon()
    this.connect()
  }

  close(): void {
    this.closed = true
    clearTimeout(this.timer)
    clearInterval(this.watchdog)
    window.removeEventListener('online', this.hurry)
    document.removeEventListener('visibilitychange', this.hurry)
    this.abandon()
  }

  private connect(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    const url = new URL(this.options.path(), location.href)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    const socket = new WebSocket(url)
    socket.binaryType = 'arraybuffer'
    this.socket = socket
    this.openedAt = 0
    this.heardAt = performance.now()
    socket.onopen = () => {
      this.openedAt = this.heardAt = performance.now()
      // The server is there: whoever else waits for it need not wait on.
      if (this.failed) window.dispatchEvent(new Event('online'))
      this.failed = false
      this.options.onOpen?.(socket)
    }
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      this.heardAt = performance.now()
      this.options.onMessage(event.data)
    }
    socket.onclose = (event) => this.lost(event.code)
  }

  private lost(code: number): void {
    const lived = this.openedAt ? performance.now() - this.openedAt : 0
    this.abandon()
    if (this.closed) return
    this.failed = code !== CLOSE_CHANGED
    if (code === CLOSE_SIGNED_OUT) announceSignedOut()
    if (code === CLOSE_CHANGED || code === CLOSE_FOREIGN) announceRightsDoubted()
    const final = this.options.finalCodes ?? [CLOSE_SIGNED_OUT, CLOSE_FOREIGN, CLOSE_UNKNOWN]
    if (!final.includes(code)) this.timer = setTimeout(() => this.connect(), this.backoff.next(lived))
    this.options.onDown?.(code, performance.now() - this.heardAt)
  }

  private abandon(): void {
    const socket = this.socket
    this.socket = null
    if (!socket) return
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close()
  }

  // Someone looks again, or the network is back: do not make them wait for the rest of the pause.
  private hurry = () => {
    if (document.hidden) return
    if (this.timer !== undefined) {
      this.backoff.reset()
      this.connect()
      return
    }
    // A telephone that slept holds a connection of which nothing is left: it is not given time to prove it.
    const silent = performance.now() - this.heardAt
    if (!this.socket || !this.options.silenceMs || silent <= this.options.silenceMs) return
    this.options.onSilence?.(silent)
    this.renew()
  }

  private checkSilence = () => {
    // Nothing is promised while hidden: browsers throttle timers there.
    if (document.hidden || !this.socket || !this.options.silenceMs) return
    const silent = performance.now() - this.heardAt
    if (silent > this.options.silenceMs) this.lost(1006)
    else this.options.onSilence?.(silent)
  }
}
