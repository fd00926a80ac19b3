// Pictures instead of video, where the browser cannot play what was recorded: one at a time, in step with the playhead.
import { query } from '../../api/client'
import { refusedIn } from '../../rooms/openings'
import { frameAfter } from './frames'

const WIDTH = 960
/** As often as they are asked for while time passes; a standing playhead asks once, for the very frame. */
const EVERY_MS = 700
/** The renderer takes one picture of a camera at a time: a busy one is free again soon. */
const RETRY_MS = 1500
/** The same for a step, for which somebody waits. */
const STEP_RETRY_MS = 300
const STEP_TRIES = 10
/** While time passes a picture does for so long. */
const NEAR_MS = 200

export class Stills {
  readonly image = document.createElement('img')
  /** UTC of the picture that is shown. */
  at: number | null = null
  failed = false
  painted = 0
  private asked: { at: number; exact: boolean } | null = null
  private lastMs = -Infinity
  private running: AbortController | null = null
  private stepping = false
  private lengthMs: number | null = null

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

  show(at: number, passing: boolean): void {
    const now = performance.now()
    if (this.running || this.stepping || now - this.lastMs < (this.failed ? RETRY_MS : passing ? EVERY_MS : 0)) return
    const { asked } = this
    if (!this.failed && asked && (passing ? Math.abs(asked.at - at) < NEAR_MS : asked.exact && asked.at === at)) return
    this.lastMs = now
    this.asked = { at, exact: !passing }
    void this.paint(at, !passing)
  }

  /** UTC of the frame after, or before, that at `at`; null when it cannot be had, or one is looked for already. */
  async neighbour(at: number, direction: 1 | -1): Promise<number | null> {
    if (this.stepping) return null
    this.stepping = true
    this.running?.abort()
    const running = (this.running = new AbortController())
    const look = async (moment: number) => {
      for (let tries = 1; ; tries += 1) {
        try {
          return frameOf(await this.fetch(moment, true, running.signal), moment)
        } catch (error) {
          // What was asked before is perhaps still being made: a press is not lost for that.
          if (running.signal.aborted || tries >= STEP_TRIES) throw error
          await new Promise((resolve) => setTimeout(resolve, STEP_RETRY_MS))
        }
      }
    }
    try {
      const frame = await look(at)
      const found = direction > 0 ? await frameAfter(frame, this.lengthMs, look) : await look(frame - 1)
      if (found !== null) this.lengthMs = Math.abs(found - frame)
      return found
    } catch {
      return null
    } finally {
      this.stepping = false
      this.running = null
    }
  }

  private async paint(at: number, exact: boolean): Promise<void> {
    const running = (this.running = new AbortController())
    try {
      const answer = await this.fetch(at, exact, running.signal)
      const before = this.image.src
      this.image.src = URL.createObjectURL(await answer.blob())
      await this.image.decode()
      if (before) URL.revokeObjectURL(before)
      this.at = frameOf(answer, at)
      this.painted += 1
      this.failed = false
    } catch {
      if (!running.signal.aborted) this.failed = true
      else this.asked = null
    } finally {
      if (this.running === running) this.running = null
    }
  }

  private async fetch(at: number, exact: boolean, signal: AbortSignal): Promise<Response> {
    const what = query({ at: new Date(at).toISOString(), width: WIDTH, exact: String(exact) })
    const answer = await fetch(`/api/cameras/${encodeURIComponent(this.camera)}/snapshot.jpg${what}`, { signal })
    if (!answer.ok) {
      await refusedIn(answer, this.camera)
      throw new Error(String(answer.status))
    }
    return answer
  }
}

function frameOf(answer: Response, at: number): number {
  return Date.parse(answer.headers.get('X-Frame-At') ?? '') || at
}

/** Whether this browser plays what `codec` names; what is unnamed is tried. */
export function playable(codec: string): boolean {
  if (!codec) return true
  const source = (globalThis as { ManagedMediaSource?: typeof MediaSource }).ManagedMediaSource ?? globalThis.MediaSource
  if (!source) return false
  const whole = /^(hvc1|hev1)$/.test(codec) ? `${codec}.1.6.L93.B0` : codec
  return source.isTypeSupported(`video/mp4; codecs="${whole}"`)
}
