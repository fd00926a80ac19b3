// /ws/alerts put into the caches: what arrives there is on every page at once.
import type { InfiniteData, QueryClient } from '@tanstack/react-query'
import { merge, newer, type AlertFilter } from '../alerts/merge'
import { DUTY } from '../duty/queries'
import { OPENINGS } from '../rooms/queries'
import { QUIETS } from './quiets'
import { streamPath, take, unknownPosition, type Position } from '../sockets/alertSequence'
import { CLOSE_CHANGED, CLOSE_FOREIGN, LastingSocket } from '../sockets/lastingSocket'
import { connection } from './connection'
import { keys } from './queries'
import type { Alert, Camera, CameraDetail, Page, StreamEvent } from './types'

type OpenedListener = (alert: Alert) => void

/** The server says something at least this often. */
const BEAT_S = 2
/** By when pictures are said to be old, and by when a server that is only slow would have spoken. */
const DOUBT_MS = 5000
const SILENCE_MS = 4 * BEAT_S * 1000

export class LiveUpdates {
  private position: Position = unknownPosition
  private readonly socket: LastingSocket
  private pendingCounts: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly client: QueryClient, private readonly opened: OpenedListener) {
    this.socket = new LastingSocket({
      path: () => streamPath(this.position, BEAT_S),
      silenceMs: SILENCE_MS,
      onOpen: this.up,
      onSilence: (ms) => {
        if (ms > DOUBT_MS && connection.get().state === 'up') connection.set({ state: 'doubtful', since: Date.now() - ms })
      },
      onDown: (code, silentMs) => {
        if (code === CLOSE_CHANGED) this.position = unknownPosition // what may be seen is another set: all is read anew
        else if (code === CLOSE_FOREIGN) connection.set({ state: 'refused', since: Date.now() })
        else if (connection.get().state !== 'down') connection.set({ state: 'down', since: Date.now() - silentMs })
      },
      onMessage: (data) => {
        if (connection.get().state === 'doubtful') connection.set({ state: 'up', since: Date.now() })
        if (typeof data === 'string') this.receive(data)
      },
    })
  }

  close(): void {
    clearTimeout(this.pendingCounts)
    this.socket.close()
    connection.set({ state: 'connecting', since: Date.now() })
  }

  private up = () => {
    const was = connection.get().state
    connection.set({ state: 'up', since: Date.now() })
    // Without a position the socket tells only what is new: what happened meanwhile has to be read.
    if (this.position.seq === null) this.readAnew()
    // What the stream does not carry is as old as the silence before.
    else if (was === 'down' || was === 'doubtful') this.refreshState()
  }

  private receive(text: string): void {
    let event: StreamEvent
    try {
      event = JSON.parse(text) as StreamEvent
    } catch {
      return
    }
    if (typeof event.seq !== 'number') return
    const { position, verdict } = take(this.position, event)
    this.position = position
    if (verdict === 'reset') this.readAnew()
    if (verdict === 'apply' && event.type === 'camera.state') this.camera(event.data)
    else if (verdict === 'apply' && event.type === 'room.opening') this.rooms()
    else if (verdict === 'apply' && event.type === 'duty.changed') void this.client.invalidateQueries({ queryKey: DUTY })
    else if (verdict === 'apply' && event.type === 'quiet.changed') void this.client.invalidateQueries({ queryKey: QUIETS })
    else if (verdict === 'apply' && event.type.startsWith('alert.')) {
      this.alert(event.data as Alert)
      if (event.type === 'alert.opened') this.opened(event.data as Alert)
    }
  }

  private alert(alert: Alert): void {
    applyAlert(this.client, alert)
    // Counts per site and camera follow; once for a burst.
    this.pendingCounts ??= setTimeout(() => {
      this.pendingCounts = undefined
      void this.client.invalidateQueries({ queryKey: keys.sites })
    }, 1500)
  }

  private camera(camera: Camera): void {
    this.client.setQueryData<Camera[]>(keys.cameras, (list) =>
      list?.map((held) => (held.id === camera.id ? { ...held, ...camera } : held)))
    this.client.setQueryData<CameraDetail>(keys.camera(camera.id), (held) => (held ? { ...held, ...camera } : held))
    void this.client.invalidateQueries({ queryKey: keys.system })
  }

  /** Which, why and until when is told to who may know it. */
  private rooms(): void {
    void this.client.invalidateQueries({ queryKey: OPENINGS })
  }

  private readAnew(): void {
    for (const key of ['alerts', 'alert', 'cameras', 'camera', 'sites', 'system', 'timeline', ...OPENINGS, ...DUTY, ...QUIETS]) {
      void this.client.invalidateQueries({ queryKey: [key] })
    }
  }

  private refreshState(): void {
    for (const key of ['cameras', 'camera', 'sites', 'system']) void this.client.invalidateQueries({ queryKey: [key] })
  }
}

/** Also used with the answer to one's own acknowledgement: it is shown without waiting for the stream. */
export function applyAlert(client: QueryClient, alert: Alert): void {
  // Whom it called is told only where one alert is read.
  client.setQueryData<Alert>(keys.alert(alert.id), (held) => (held ? { ...(held.calls ? { calls: held.calls } : {}), ...newer(held, alert) } : alert))
  if (!alert.calls) void client.invalidateQueries({ queryKey: keys.alert(alert.id) })
  const lists = client.getQueryCache().findAll({ queryKey: ['alerts'] })
  for (const list of lists) {
    const filter = (list.queryKey[1] ?? {}) as AlertFilter
    client.setQueryData<InfiniteData<Page<Alert>, string | null>>(list.queryKey, (data) => mergePages(data, alert, filter))
  }
}

export function mergePages(
  data: InfiniteData<Page<Alert>, string | null> | undefined, alert: Alert, filter: AlertFilter,
): InfiniteData<Page<Alert>, string | null> | undefined {
  if (!data || data.pages.length === 0) return data
  const holder = data.pages.findIndex((page) => page.items.some((held) => held.id === alert.id))
  const target = holder < 0 ? 0 : holder
  const pages = data.pages.map((page, index) => {
    if (index !== target) return page
    const items = merge(page.items, alert, filter)
    return items === page.items ? page : { ...page, items }
  })
  return { ...data, pages }
}
