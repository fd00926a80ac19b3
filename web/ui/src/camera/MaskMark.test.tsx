// @vitest-environment jsdom
// Covered pictures: said to who gets them, and to who sees beneath; what was bare does not stay on the screen.
import { act, cleanup, render } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import '../i18n'
import type { Camera } from '../api/types'
import { LivePlayer, type LiveStatus } from '../live/player'
import { WallFeed } from '../wall/feed'
import { Tile } from '../wall/Tile'
import { MaskMark } from './MaskMark'

const mask = { id: 'm', polygon: [] }
const camera = { id: 'c', site: 's', name: 'Cổng 1', placement: 'gate', state: 'recording', person_count: 2, since: null, reason: null } as unknown as Camera

/** What the test lets the server send, to each socket in turn. */
class Line {
  static all: Line[] = []
  static readonly OPEN = 1
  readonly readyState = Line.OPEN
  onopen: (() => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  onmessage: ((event: { data: ArrayBuffer | string }) => void) | null = null
  constructor(readonly url: URL) {
    Line.all.push(this)
  }
  send() {}
  close() {}
}

function picture(id: string): ArrayBuffer {
  const head = new TextEncoder().encode(JSON.stringify({ camera: id, at: new Date().toISOString(), persons: 3, w: 4, h: 2 }))
  const whole = new Uint8Array(2 + head.length + 1)
  new DataView(whole.buffer).setUint16(0, head.length)
  whole.set(head, 2)
  return whole.buffer
}

beforeEach(() => {
  vi.useFakeTimers()
  Line.all = []
  vi.stubGlobal('WebSocket', Line)
  vi.stubGlobal('createImageBitmap', () => Promise.resolve({ width: 4, height: 2, close: () => undefined }))
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockImplementation(() => ({ drawImage: () => undefined }) as never)
})
afterEach(() => {
  cleanup()
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

describe('the mark', () => {
  it.each([
    [{ masked: true }, 'Đã che', /được che vì riêng tư\. Chỉ quản trị, .* và trưởng khu thấy/],
    [{ masked: false, masks: [mask] }, 'Người khác thấy hình che', /Bạn thấy toàn bộ hình/],
  ])('says how it is and for whom', (part, text, title) => {
    const { container } = render(<MaskMark camera={part} />)
    const mark = container.querySelector<HTMLElement>('.mask-mark')
    expect([mark?.textContent, title.test(mark?.title ?? '')]).toEqual([text, true])
    const { container: wall } = render(<Tile camera={{ ...camera, ...part }} severity={null} alert={null} others="" taken={false} feed={null} width={300} site={null} />)
    expect(wall.querySelector('.tile')?.getAttribute('aria-label')).toContain(text)
    expect(wall.querySelector('.tile-foot .mask-mark')).not.toBeNull()
  })
  it('is not there where nothing is covered', () => {
    for (const part of [{}, { masked: false, masks: [] }]) expect(render(<MaskMark camera={part} />).container.innerHTML).toBe('')
  })
})

describe('live video', () => {
  let told: LiveStatus[]
  let canvas: HTMLCanvasElement
  const play = () => {
    told = []
    canvas = document.createElement('canvas')
    return new LivePlayer({ camera: 'c', profile: 'main', video: document.createElement('video'), canvas, status: (now) => told.push(now), overlay: () => undefined })
  }
  const say = (message: object) => Line.all.at(-1)?.onmessage?.({ data: JSON.stringify(message) })

  it('tells from the first message that it is covered', () => {
    const player = play()
    say({ mime: 'video/mp4; codecs="avc1.64001f"', run: 'r', anchor_utc: '2026-01-01T00:00:00Z', timescale: 90000, masked: true })
    expect(told.at(-1)?.masked).toBe(true)
    player.close()
  })
  it('that is refused where pictures are covered gives way to covered pictures; one that is only away does not', () => {
    for (const [error, masked, stills] of [['busy', true, true], ['decoder', true, true], ['worker_lost', true, false], ['unsupported_codec', false, false]] as const) {
      Line.all = []
      const player = play()
      say({ error, ...(masked ? { masked } : {}) })
      expect([told.at(-1)?.unplayable, Line.all.map((line) => line.url.pathname)]).toEqual([stills ? 'masked' : false, stills ? ['/ws/live/c', '/ws/wall'] : ['/ws/live/c']])
      player.close()
    }
  })
  it('does not stand still on its last picture when what may be seen has changed', () => {
    const player = play()
    canvas.width = 640
    Line.all.at(-1)?.onclose?.({ code: 1006 })
    expect(canvas.width).toBe(640)
    vi.advanceTimersByTime(30_000)
    Line.all.at(-1)?.onclose?.({ code: 4409 })
    expect([canvas.width, player.shownAt()]).toEqual([0, null])
    player.close()
  })
})

describe('the feed of the wall', () => {
  it('shows nothing of before once what may be seen has changed, also not what was being drawn', async () => {
    const feed = new WallFeed()
    feed.watch(['c'])
    render(<Tile camera={camera} severity={null} alert={null} others="" taken={false} feed={feed} width={300} site={null} />)
    const canvas = document.querySelector('canvas') as HTMLCanvasElement
    await act(async () => {
      Line.all[0]?.onmessage?.({ data: picture('c') })
      await vi.advanceTimersByTimeAsync(50)
    })
    expect([canvas.width, feed.persons('c')]).toEqual([4, 3])
    await act(async () => {
      Line.all[0]?.onmessage?.({ data: picture('c') })
      Line.all[0]?.onclose?.({ code: 4409 })
      await vi.advanceTimersByTimeAsync(10)
    })
    expect([canvas.width, feed.persons('c')]).toEqual([0, null])
    feed.close()
  })
})
