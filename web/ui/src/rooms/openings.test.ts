// @vitest-environment jsdom
// How long a room is open to the one who looks: by the first clock that is over, and never for an answer that came late.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openingOf, tidy } from '../testing/rooms'
import { doubt, ended, forgetAll, isClosed, onDoubt, onShut, opened, others, own, refused, refusedIn, settle, shut, socketEnded } from './openings'

const room = { id: 'room', placement: 'patient_room' as const }
const now = () => [performance.now(), Date.now()] as const
let gone: string[] = []
let doubts = 0
let stop: (() => void)[] = []

beforeEach(() => {
  vi.useFakeTimers()
  gone = []
  doubts = 0
  stop = [onShut((camera) => void gone.push(camera)), onDoubt(() => void (doubts += 1))]
})
afterEach(() => {
  stop.forEach((one) => one())
  tidy()
})

describe('a room', () => {
  it('is closed until it is opened, as is a camera of which nobody knows any more what it looked at', () => {
    expect([isClosed(room), isClosed({ id: 'c', placement: null }), isClosed({ id: 'c', placement: 'gate' }), isClosed({ id: 'c' })]).toEqual([true, true, false, false])
    settle([openingOf()], ...now())
    expect([isClosed(room), isClosed({ id: 'c', placement: null })]).toEqual([false, true])
  })
  it('is closed when its time is over, a little before the server refuses it', () => {
    settle([openingOf({ left_s: 60 })], ...now())
    vi.advanceTimersByTime(59_000)
    expect([isClosed(room), gone]).toEqual([false, []])
    vi.advanceTimersByTime(999)
    expect([isClosed(room), gone, ended.get().get('room')]).toEqual([true, ['room'], 'time'])
  })
  it('is open for what the server counted, whatever this clock says', () => {
    settle([openingOf({ until: '2001-01-01T00:00:00Z', left_s: 60 })], ...now())
    expect(isClosed(room)).toBe(false)
  })
  it('is not open for longer because the clock is set back, nor because the computer slept', () => {
    settle([openingOf({ left_s: 60 })], ...now())
    vi.setSystemTime(Date.now() - 3_600_000)
    vi.advanceTimersByTime(60_000)
    expect(isClosed(room)).toBe(true)
    settle([openingOf({ left_s: 60 })], ...now())
    vi.setSystemTime(Date.now() + 61_000)
    document.dispatchEvent(new Event('visibilitychange'))
    expect(isClosed(room)).toBe(true)
  })
  it('counts from when it was asked, not from when the answer came', () => {
    const [sent, wall] = now()
    vi.advanceTimersByTime(61_000)
    settle([openingOf({ left_s: 60 })], sent, wall)
    expect(isClosed(room)).toBe(true)
  })
  it('is not closed by an answer that was asked for before it was opened', () => {
    const asked = now()
    vi.advanceTimersByTime(50)
    const one = openingOf()
    opened(one, ...now())
    vi.advanceTimersByTime(50)
    settle([], ...asked)
    expect([isClosed(room), gone]).toEqual([false, []])
    settle([], ...now())
    expect([isClosed(room), gone, ended.get().get('room')]).toEqual([true, ['room'], 'server'])
  })
  it('is not opened again by an answer that was asked for before it was closed', () => {
    const one = openingOf()
    settle([one], ...now())
    shut('room', null)
    settle([one], ...now())
    expect([isClosed(room), gone, ended.get().has('room')]).toEqual([true, ['room'], false])
    settle([openingOf()], ...now())
    expect(isClosed(room)).toBe(false)
  })
  it('keeps its end when the opening is only told again', () => {
    const one = openingOf({ left_s: 60 })
    settle([one], ...now())
    const held = own.get()
    vi.advanceTimersByTime(5000)
    settle([{ ...one, left_s: 55 }], ...now())
    expect(own.get()).toBe(held)
  })
  it('is closed to who signs out', () => {
    settle([openingOf(), openingOf({ mine: false, camera: 'other' })], ...now())
    forgetAll()
    expect([isClosed(room), gone, others.get()]).toEqual([true, ['room'], []])
  })
})

describe('openings of others', () => {
  it('open nothing to oneself, and end by themselves', () => {
    settle([openingOf({ mine: false, left_s: 5 })], ...now())
    expect([isClosed(room), others.get().length]).toEqual([true, 1])
    vi.advanceTimersByTime(5000)
    expect(others.get()).toEqual([])
  })
})

describe('a refusal', () => {
  it('closes the room for good, and a burst of them asks the server at its begin and its end', () => {
    const one = openingOf()
    settle([one], ...now())
    refused('room')
    refused('room')
    settle([one], ...now())
    expect([isClosed(room), gone, doubts]).toEqual([true, ['room'], 1])
    vi.advanceTimersByTime(1000)
    expect(doubts).toBe(2)
    vi.advanceTimersByTime(5000)
    doubt()
    expect(doubts).toBe(3)
  })
  it('is what a socket ends with that showed a closed room; one of changed rights is only a doubt', () => {
    settle([openingOf()], ...now())
    socketEnded('room', 1006)
    expect([isClosed(room), doubts]).toEqual([false, 0])
    socketEnded('room', 4409)
    expect([isClosed(room), doubts]).toEqual([false, 1])
    socketEnded('room', 4423)
    expect(isClosed(room)).toBe(true)
  })
  it('is told from others by its word', async () => {
    settle([openingOf()], ...now())
    const answer = (type: string, status = 403) => new Response(JSON.stringify({ type }), { status })
    expect(await refusedIn(answer('about:blank#forbidden'), 'room')).toBe(false)
    expect(await refusedIn(new Response('<html>', { status: 403 }), 'room')).toBe(false)
    expect(await refusedIn(answer('about:blank#room-closed', 200), 'room')).toBe(false)
    expect(isClosed(room)).toBe(false)
    expect(await refusedIn(answer('about:blank#room-closed'), 'room')).toBe(true)
    expect(isClosed(room)).toBe(true)
  })
})
