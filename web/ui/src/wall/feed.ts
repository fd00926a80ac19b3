// The one socket of the wall and what becomes of each picture. Draws on canvases by itself: React is not told of frames.
import { onShut, socketEnded } from '../rooms/openings'
import { CLOSE_CHANGED, LastingSocket } from '../sockets/lastingSocket'
import { serverClock } from '../time/serverClock'
import { parseWallMessage, type WallHeader } from './message'

export const STALE_MS = 5000
const CLOCK_SET_BACK_MS = 3000

export interface TileSink {
  canvas: HTMLCanvasElement
  /** A picture was drawn; `at` is its UTC in ms. */
  painted: (header: WallHeader, at: number) => void
  /** Once a second: the age of what is shown, null as long as nothing is. */
  aged: (ageMs: number | null) => void
  /** Width in device pixels at which the tile is shown: more need not be kept. */
  width: () => number
}

interface WallMessage {
  header: WallHeader
  jpeg: Uint8Array<ArrayBuffer>
}

interface Tile {
  sink: TileSink
  at: number | null
  busy: boolean
  /** Counts how often it was blanked: what was being drawn then is not. */
  blanked: number
  waiting: WallMessage | null
}

export class WallFeed {
  private readonly tiles = new Map<string, Set<Tile>>()
  private readonly socket: LastingSocket
  private readonly ticker: ReturnType<typeof setInterval>
  private readonly last = new Map<string, WallMessage>()
  private wanted: string[] = []
  private sent = ''
  private sending: ReturnType<typeof setTimeout> | undefined
  private readonly unhear = onShut((camera) => this.forget(camera))

  constructor(private readonly fps = 1) {
    this.socket = new LastingSocket({
      path: () => '/ws/wall',
      onOpen: () => {
        this.sent = ''
        this.tell()
      },
      onDown: (code) => {
        this.sent = ''
        // What may be seen is another: nothing of before is shown again.
        if (code === CLOSE_CHANGED) [...this.last.keys()].forEach((camera) => this.blank(camera))
        socketEnded(null, code)
      },
      onMessage: (data) => {
        if (data instanceof ArrayBuffer) this.receive(data)
      },
    })
    this.ticker = setInterval(() => this.age(), 1000)
  }

  /** Which cameras are in sight. Said at most every 60 ms: scrolling passes many. */
  watch(cameras: string[]): void {
    this.wanted = [...new Set(cameras)].sort()
    this.sending ??= setTimeout(() => this.tell(), 60)
  }

  attach(camera: string, sink: TileSink): () => void {
    // A tile that is laid anew shows the last picture at once, not a blank until the next one.
    const tile: Tile = { sink, at: null, busy: false, blanked: 0, waiting: this.last.get(camera) ?? null }
    const set = this.tiles.get(camera) ?? new Set()
    set.add(tile)
    this.tiles.set(camera, set)
    if (tile.waiting) void this.draw(tile)
    return () => {
      set.delete(tile)
      if (set.size === 0) this.tiles.delete(camera)
    }
  }

  close(): void {
    clearInterval(this.ticker)
    clearTimeout(this.sending)
    this.unhear()
    this.socket.close()
  }

  /** Persons in the last picture of a camera, as long as it is fresh; null when nothing is known. */
  persons(camera: string): number | null {
    const header = this.last.get(camera)?.header
    return header && serverClock.now() - Date.parse(header.at) < STALE_MS ? header.persons : null
  }

  /** Nothing of its pictures is kept, nor taken until it is watched anew. */
  private forget(camera: string): void {
    this.wanted = this.wanted.filter((one) => one !== camera)
    this.sending ??= setTimeout(() => this.tell(), 0)
    this.blank(camera)
  }

  private blank(camera: string): void {
    this.last.delete(camera)
    for (const tile of this.tiles.get(camera) ?? []) {
      tile.waiting = tile.at = null
      tile.blanked++
      // At once, and not only once its element goes.
      tile.sink.canvas.width = 0
    }
  }

  private tell(): void {
    clearTimeout(this.sending)
    this.sending = undefined
    const text = this.wanted.join(' ')
    if (text !== this.sent && this.socket.send({ cameras: this.wanted, fps: this.fps })) this.sent = text
  }

  private receive(data: ArrayBuffer): void {
    const message = parseWallMessage(data)
    if (!message || !this.wanted.includes(message.header.camera)) return
    this.last.set(message.header.camera, message)
    for (const tile of this.tiles.get(message.header.camera) ?? []) {
      // A browser that cannot keep up shows the newest picture, not all of them.
      tile.waiting = message
      if (!tile.busy) void this.draw(tile)
    }
  }

  private async draw(tile: Tile): Promise<void> {
    tile.busy = true
    while (tile.waiting) {
      const { header, jpeg } = tile.waiting
      const { blanked } = tile
      tile.waiting = null
      const at = Date.parse(header.at)
      // A little older than the last one: it was overtaken. Much older: the server's clock was set back.
      if (tile.at !== null && at < tile.at && tile.at - at < CLOCK_SET_BACK_MS) continue
      try {
        const image = await createImageBitmap(new Blob([jpeg], { type: 'image/jpeg' }))
        if (blanked === tile.blanked) paint(tile.sink, image)
        image.close()
        if (blanked !== tile.blanked) continue
      } catch {
        continue
      }
      tile.at = at
      tile.sink.painted(header, at)
      tile.sink.aged(serverClock.now() - at)
    }
    tile.busy = false
  }

  private age(): void {
    const now = serverClock.now()
    for (const set of this.tiles.values()) {
      for (const tile of set) tile.sink.aged(tile.at === null ? null : now - tile.at)
    }
  }
}

function paint(sink: TileSink, image: ImageBitmap): void {
  const { canvas } = sink
  // Kept at the size in which it is shown: 115 canvases of full size would be 100 MB, and the compositor's scaling
  // is coarser.
  const width = Math.max(1, Math.min(image.width, Math.ceil(sink.width())))
  const height = Math.max(1, Math.round((width * image.height) / image.width))
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width
    canvas.height = height
  }
  const context = canvas.getContext('2d', { alpha: false })
  if (!context) return
  context.imageSmoothingQuality = 'medium'
  context.drawImage(image, 0, 0, width, height)
}
