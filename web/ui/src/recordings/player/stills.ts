// Pictures instead of video, where the browser cannot play what was recorded: one at a time, in step with the playhead.
import { query } from '../../api/client'

const WIDTH = 960
/** As often as they are asked for while time passes; a standing playhead asks once. */
const EVERY_MS = 700
/** The renderer takes one picture of a camera at a time: a busy one is free again soon. */
const RETRY_MS = 1500

export class Stills {
  readonly image = document.createElement('img')
  /** UTC of the picture that is shown. */
  at: number | null = null
  failed = false
  painted = 0
  private asked: number | null = null
  private lastMs = -Infinity
  private running: AbortController | null = null

  constructor(private readonly camera: string, host: HTMLElement) {
    this.image.className = 'deck'
    this.image.alt = ''
    host.append(this.image)
  }

  close(): void {
    this.running?.abort()
    URL.revokeObjectURL(this.image.src)
    this.image.remove()
  }

  show(at: number): void {
    const now = performance.now()
    if (this.running || now - this.lastMs < (this.failed ? RETRY_MS : EVERY_MS)) return
    if (!this.failed && this.asked !== null && Math.abs(this.asked - at) < 200) return
    this.lastMs = now
    this.asked = at
    void this.fetch(at)
  }

  private async fetch(at: number): Promise<void> {
    const running = new AbortController()
    this.running = running
    const what = query({ at: new Date(at).toISOString(), width: WIDTH, exact: 'false' })
    try {
      const answer = await fetch(`/api/cameras/${encodeURIComponent(this.camera)}/snapshot.jpg${what}`, { signal: running.signal })
      if (!answer.ok) throw new Error(String(answer.status))
      const before = this.image.src
      this.image.src = URL.createObjectURL(await answer.blob())
      await this.image.decode()
      if (before) URL.revokeObjectURL(before)
      this.at = Date.parse(answer.headers.get('X-Frame-At') ?? '') || at
      this.painted += 1
      this.failed = false
    } catch {
      if (!running.signal.aborted) this.failed = true
    } finally {
      this.running = null
    }
  }
}

/** Whether this browser plays what `codec` names; what is unnamed is tried. */
export function playable(codec: string): boolean {
  if (!codec) return true
  const source = (globalThis as { ManagedMediaSource?: typeof MediaSource }).ManagedMediaSource ?? globalThis.MediaSource
  if (!source) return false
  const whole = /^(hvc1|hev1)$/.test(codec) ? `${codec}.1.6.L93.B0` : codec
  return source.isTypeSupported(`video/mp4; codecs="${whole}"`)
}
