// Live video through WebCodecs: decode at once, draw at once. Needs a secure page; the shortest way there is.
import { parseFragment, parseInit } from './fmp4'
import { codecOf, type StreamInfo, type Transport, type TransportEvents } from './transport'

const QUEUE_LIMIT = 25

export function webCodecsPossible(): boolean {
  return window.isSecureContext && 'VideoDecoder' in window
}

function configuration(info: StreamInfo, init: ArrayBuffer): VideoDecoderConfig | null {
  const parsed = parseInit(init)
  if (!parsed) return null
  return {
    codec: codecOf(info.mime),
    description: parsed.configuration,
    codedWidth: parsed.width,
    codedHeight: parsed.height,
    optimizeForLatency: true,
  }
}

export async function webCodecsSupports(info: StreamInfo, init: ArrayBuffer): Promise<boolean> {
  if (!webCodecsPossible()) return false
  const config = configuration(info, init)
  if (!config) return false
  try {
    return (await VideoDecoder.isConfigSupported(config)).supported === true
  } catch {
    return false
  }
}

export class WebCodecsTransport implements Transport {
  readonly kind = 'webcodecs'
  private decoder: VideoDecoder | null = null
  private info: StreamInfo | null = null
  private needsKey = true
  private readonly context: CanvasRenderingContext2D | null

  constructor(private readonly canvas: HTMLCanvasElement, private readonly events: TransportEvents) {
    this.context = canvas.getContext('2d', { alpha: false })
  }

  start(info: StreamInfo, init: ArrayBuffer): void {
    this.close()
    const config = configuration(info, init)
    if (!config || !this.context) return this.events.failed('codec')
    this.info = info
    this.needsKey = true
    const decoder = new VideoDecoder({
      output: (frame) => this.show(decoder, frame),
      error: () => {
        if (this.decoder === decoder) this.events.failed('decode')
      },
    })
    this.decoder = decoder
    decoder.configure(config)
  }

  fragment(data: ArrayBuffer): void {
    const decoder = this.decoder
    const info = this.info
    if (!decoder || !info || decoder.state !== 'configured') return
    const fragment = parseFragment(data)
    if (!fragment) return
    // Behind by more than a second: the rest of this group of pictures is not worth waiting for.
    if (decoder.decodeQueueSize > QUEUE_LIMIT) this.needsKey = true
    if (this.needsKey && !fragment.key) return
    this.needsKey = false
    try {
      decoder.decode(new EncodedVideoChunk({
        type: fragment.key ? 'key' : 'delta',
        timestamp: Math.round((fragment.baseTime / info.timescale) * 1e6),
        data: fragment.sample,
      }))
    } catch {
      this.events.failed('decode')
    }
  }

  close(): void {
    const decoder = this.decoder
    this.decoder = null
    if (decoder && decoder.state !== 'closed') decoder.close()
  }

  private show(decoder: VideoDecoder, frame: VideoFrame): void {
    try {
      if (decoder !== this.decoder || !this.info) return
      const { displayWidth, displayHeight, timestamp } = frame
      if (this.canvas.width !== displayWidth || this.canvas.height !== displayHeight) {
        this.canvas.width = displayWidth
        this.canvas.height = displayHeight
        this.events.size(displayWidth, displayHeight)
      }
      this.context?.drawImage(frame, 0, 0, displayWidth, displayHeight)
      this.events.painted(this.info.anchorMs + timestamp / 1000)
    } finally {
      frame.close()
    }
  }
}
