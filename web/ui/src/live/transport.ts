// What every way of showing live video has in common: fed with a stream, it tells which frame is on the screen.

export interface StreamInfo {
  mime: string
  run: string
  /** UTC in ms of media time 0. */
  anchorMs: number
  timescale: number
}

export type TransportKind = 'webcodecs' | 'mse' | 'jpeg'

export interface TransportEvents {
  /** A frame was painted; its UTC in ms, when that is known. */
  painted: (utcMs: number | null) => void
  size: (width: number, height: number) => void
  /** It cannot go on with this stream. */
  failed: (why: string) => void
  /** It fell behind or was cut: start again from a key frame. */
  starved: () => void
}

export interface Transport {
  readonly kind: TransportKind
  start(info: StreamInfo, init: ArrayBuffer): void
  fragment(data: ArrayBuffer): void
  close(): void
}

export function codecOf(mime: string): string {
  return /codecs="?([^",;]+)/.exec(mime)?.[1] ?? ''
}

/** The codec as people call it. */
export function codecName(codec: string): string {
  if (/^(avc[13]|h264)/i.test(codec)) return 'H.264'
  if (/^(hvc1|hev1|h265|hevc)/i.test(codec)) return 'H.265'
  if (/^mjpe?g/i.test(codec)) return 'MJPEG'
  return codec.toUpperCase()
}
