// @vitest-environment jsdom
// A room on the wall: closed it has its count and no picture; open it says for how long, and at the end nothing of it is kept.
import { act, cleanup, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openingOf, ROOM, tidy } from '../testing/rooms'
import type { Camera } from '../api/types'
import { LivePlayer } from '../live/player'
import { WallFeed } from '../wall/feed'
import { Tile } from '../wall/Tile'
import { isClosed, onDoubt, settle, shut } from './openings'

/** What the feed told the server, and what the test lets the server send. */
class Line {
  static last: Line
  static readonly OPEN = 1
  readonly readyState = Line.OPEN
  sent: string[] = []
  onopen: (() => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  onmessage: ((event: { data: ArrayBuffer }) => void) | null = null
  constructor() {
    Line.last = this
  }
  send(text: string) {
    this.sent.push(text)
  }
  close() {}
}

function picture(camera: string): ArrayBuffer {
  const head = new TextEncoder().encode(JSON.stringify({ camera, at: new Date().toISOString(), persons: 3, w: 4, h: 2 }))
  const whole = new Uint8Array(2 + head.length + 1)
  new DataView(whole.buffer).setUint16(0, head.length)
  whole.set(head, 2)
  return whole.buffer
}

let drawn = 0
const show = (part: Partial<Camera> = {}, feed: WallFeed | null = null) => render(
  <Tile camera={{ ...(ROOM as unknown as Camera), ...part }} severity={null} alert={null} others="" taken={false} feed={feed} width={300} site={null} />)
const open = (left_s = 300, mine = true) => act(() => settle([openingOf({ left_s, mine })], performance.now(), Date.now()))
const tile = () => document.querySelector('.tile') as HTMLElement

beforeEach(() => {
  vi.useFakeTimers()
  drawn = 0
  vi.stubGlobal('WebSocket', Line)
  vi.stubGlobal('createImageBitmap', () => Promise.resolve({ width: 4, height: 2, close: () => undefined }))
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockImplementation(() => ({ drawImage: () => void (drawn += 1) }) as never)
})
afterEach(() => {
  cleanup()
  tidy()
})

describe('the tile of a room', () => {
  it('is closed, with its count, its state and its alerts, and no trouble', () => {
    const { rerender } = show()
    expect(document.querySelector('.tile-room-count')?.textContent).toBe('2')
    expect(tile().querySelector('canvas, .hatched, .tile-slate-title')).toBeNull()
    expect(screen.getByRole('link', { name: 'Phòng 3, Phòng cách ly, Phòng đóng, Đang ghi' })).toBeTruthy()
    rerender(<Tile camera={ROOM as unknown as Camera} severity="critical" alert="absence" others="" taken={false} feed={null} width={300} site={null} />)
    expect([tile().dataset.alert, document.querySelector('.tile-alert')?.textContent]).toEqual(['critical', 'Vắng người'])
  })
  it('whose count is not known says so, and one that is off says that', () => {
    show({ person_count: null })
    expect(document.querySelector('.tile-room')?.textContent?.trim()).toBe('Phòng đóng–Chưa rõ số người')
    cleanup()
    show({ state: 'offline', reason: 'unreachable' })
    expect([document.querySelector('.tile-room'), document.querySelector('.tile-slate-title')?.textContent?.trim()]).toEqual([null, 'Mất tín hiệu'])
  })
  it('names to who oversees who looks, and stays closed to himself', () => {
    show()
    open(300, false)
    expect(document.querySelector('.tile-room-looking')?.textContent?.trim()).toBe('lan')
    expect(tile().querySelector('canvas')).toBeNull()
  })
  it('that is open says for how long, clearly at the end, and closes by itself', () => {
    show()
    open(32)
    expect(tile().querySelector('canvas')).not.toBeNull()
    const strip = () => document.querySelector<HTMLElement>('.room-strip')
    expect([strip()?.textContent, strip()?.dataset.soon]).toEqual(['Phòng đang mở0:32', 'false'])
    act(() => void vi.advanceTimersByTime(3000))
    expect([strip()?.textContent, strip()?.dataset.soon]).toEqual(['Sắp đóng0:29', 'true'])
    act(() => void vi.advanceTimersByTime(29_000))
    expect([tile().querySelector('canvas'), strip(), document.querySelector('.tile-room-count')?.textContent]).toEqual([null, null, '2'])
  })
})

describe('live video', () => {
  it('of a room that the server has closed closes it here', () => {
    open()
    const player = new LivePlayer({
      camera: 'room', profile: 'main', video: document.createElement('video'), canvas: document.createElement('canvas'), status: () => undefined, overlay: () => undefined,
    })
    Line.last.onclose?.({ code: 4423 })
    expect(isClosed({ id: 'room', placement: 'patient_room' })).toBe(true)
    player.close()
  })
})

describe('the feed of the wall', () => {
  it('forgets the pictures of a room at once, and takes none that are still on their way', async () => {
    open()
    const feed = new WallFeed()
    Line.last.onopen?.()
    feed.watch(['room', 'gate'])
    show({}, feed)
    const canvas = document.querySelector('canvas') as HTMLCanvasElement
    await act(async () => {
      Line.last.onmessage?.({ data: picture('room') })
      Line.last.onmessage?.({ data: picture('gate') })
      await vi.advanceTimersByTimeAsync(100)
    })
    expect([drawn, feed.persons('room'), feed.persons('gate')]).toEqual([1, 3, 3])
    expect(canvas.width).toBeGreaterThan(1)
    act(() => shut('room', 'server'))
    expect([canvas.width, canvas.isConnected, feed.persons('room'), feed.persons('gate')]).toEqual([0, false, null, 3])
    await act(async () => {
      Line.last.onmessage?.({ data: picture('room') })
      await vi.advanceTimersByTimeAsync(100)
    })
    expect([drawn, feed.persons('room')]).toEqual([1, null])
    expect(JSON.parse(Line.last.sent.at(-1) ?? '').cameras).toEqual(['gate'])
    feed.close()
  })
  it('doubts what is open when its rights have changed', () => {
    let doubts = 0
    const stop = onDoubt(() => void (doubts += 1))
    for (const [code, told] of [[1006, 0], [4409, 1]] as const) {
      const feed = new WallFeed()
      Line.last.onclose?.({ code })
      expect(doubts).toBe(told)
      feed.close()
    }
    stop()
  })
})
