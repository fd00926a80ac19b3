// @vitest-environment jsdom
// A server that goes silent: doubted when pictures are old, lost soon after, and since when it was last heard.
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { connection } from './connection'
import { LiveUpdates } from './liveUpdates'
import { queryClient } from './queries'

/** A server that accepts, and says what the test lets it say. */
class Line {
  static last: Line
  static readonly OPEN = 1
  readonly readyState = Line.OPEN
  onopen: (() => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  constructor(readonly url: URL) {
    Line.last = this
  }
  close() {}
}

let updates: LiveUpdates

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('WebSocket', Line)
  updates = new LiveUpdates(queryClient, () => {})
  Line.last.onopen?.()
})
afterEach(() => {
  updates.close()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const beat = () => Line.last.onmessage?.({ data: '{"type":"beat"}' })

it('counts the silence from the last word, not from when it was noticed', () => {
  vi.advanceTimersByTime(2000)
  beat()
  const heard = Date.now()
  vi.advanceTimersByTime(4000)
  expect(connection.get().state).toBe('up')
  vi.advanceTimersByTime(2000)
  expect(connection.get()).toEqual({ state: 'doubtful', since: heard })
  vi.advanceTimersByTime(4000)
  expect(connection.get()).toEqual({ state: 'down', since: heard })
})
it('believes a server that was only slow', () => {
  vi.advanceTimersByTime(6000)
  expect(connection.get().state).toBe('doubtful')
  beat()
  expect(connection.get().state).toBe('up')
})
it('says since when it was heard of a server that hung up', () => {
  vi.advanceTimersByTime(1500)
  const socket = Line.last
  const opened = Date.now() - 1500
  socket.onclose?.({ code: 1006 })
  expect(connection.get()).toEqual({ state: 'down', since: opened })
})
it('has the openings of rooms read anew when one was opened or closed', () => {
  const again = vi.spyOn(queryClient, 'invalidateQueries')
  again.mockClear()
  Line.last.onmessage?.({ data: '{"seq":1,"epoch":"e","type":"room.opening","data":{"site":"s","camera":"c","user_id":2}}' })
  Line.last.onmessage?.({ data: '{"seq":2,"epoch":"e","type":"not.known.yet","data":{}}' })
  expect(again.mock.calls).toEqual([[{ queryKey: ['openings'] }]])
  again.mockRestore()
})
it('connects anew as soon as a telephone that slept is looked at, and reads what the stream does not carry', () => {
  const again = vi.spyOn(queryClient, 'invalidateQueries').mockResolvedValue()
  Line.last.onmessage?.({ data: '{"seq":7,"type":"hello","data":{"epoch":"e"}}' })
  const [asleep, heard] = [Line.last, Date.now()]
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true)
  vi.advanceTimersByTime(3_600_000)
  expect(Line.last).toBe(asleep)
  hidden.mockReturnValue(false)
  document.dispatchEvent(new Event('visibilitychange'))
  expect(Line.last).not.toBe(asleep)
  expect(connection.get()).toEqual({ state: 'doubtful', since: heard })
  again.mockClear()
  Line.last.onopen?.()
  expect(connection.get().state).toBe('up')
  expect(again.mock.calls.map(([filter]) => filter?.queryKey?.[0])).toContain('system')
  vi.restoreAllMocks()
})
it('keeps a connection that is alive when the page is looked at again', () => {
  const socket = Line.last
  vi.advanceTimersByTime(7000)
  beat()
  document.dispatchEvent(new Event('visibilitychange'))
  expect(Line.last).toBe(socket)
})

it('has all that hangs on the roster read anew when it was changed', () => {
  const again = vi.spyOn(queryClient, 'invalidateQueries')
  again.mockClear()
  Line.last.onmessage?.({ data: '{"seq":1,"epoch":"e","type":"duty.changed","data":{"site":null}}' })
  expect(again.mock.calls).toEqual([[{ queryKey: ['duty'] }]])
  again.mockRestore()
})
