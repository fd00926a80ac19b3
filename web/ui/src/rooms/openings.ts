// Which patient rooms are open to the one who looks, until when, and who else has one open. Outside of React, for what
// keeps pictures: the wall's feed, players, thumbnails. Asking the server is queries.ts's.
import { useCallback } from 'react'
import type { Placement } from '../api/types'
import { Store, useStore } from '../preferences/store'

export interface Opening {
  id: string
  site: string
  camera: string
  user: string
  role: string
  reason: string
  opened_at: string
  until: string
  closed_at: string | null
  closed_by: string | null
  in_force: boolean
  /** Seconds left by the server's clock. */
  left_s: number
  /** Of the one who asks. */
  mine: boolean
}

/** An opening in force, with its end by clocks of this browser. */
export interface Standing extends Opening {
  /** By `performance.now()`: nobody sets it, but some computers stop it while they sleep. */
  endsAt: number
  /** By `Date.now()`: it goes on in sleep. The first that is over counts. */
  endsAtWall: number
}

/** Why a room that was open is closed; null: one closed it oneself. */
export type Ended = 'time' | 'server'

/** The picture goes a little before the server refuses it, so that nothing is asked in vain. */
const EARLY_MS = 400
const SWEEP_MS = 200
const DOUBT_EVERY_MS = 1000

/** One's own, by camera. */
export const own = new Store<ReadonlyMap<string, Standing>>(new Map())
/** Those of others that one may see. */
export const others = new Store<readonly Standing[]>([])
/** Whether the server has said which there are. */
export const known = new Store(false)
/** How the last opening of each camera ended. */
export const ended = new Store<ReadonlyMap<string, Ended>>(new Map())

type Listener<T> = (what: T) => void
const shutListeners = new Set<Listener<string>>()
const doubtListeners = new Set<Listener<void>>()
/** Openings that are over, whatever an answer says that was asked for before. */
const over = new Set<string>()
const learntAt = new Map<string, number>()
let timer: ReturnType<typeof setInterval> | undefined
let doubtedAt = -Infinity
let doubting: ReturnType<typeof setTimeout> | undefined

function on<T>(listeners: Set<Listener<T>>, listener: Listener<T>): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
/** A room has been closed: every picture of its camera has to go. */
export const onShut = (listener: Listener<string>) => on(shutListeners, listener)
/** What is known here may be wrong: it is to be asked anew. */
export const onDoubt = (listener: Listener<void>) => on(doubtListeners, listener)

interface Placed {
  id: string
  placement?: Placement | null
}

/** Whether a camera is closed to everybody who has not opened it; null: nobody knows any more what it looked at. */
export const isRoom = ({ placement }: Pick<Placed, 'placement'>) => placement === null || placement === 'patient_room'

/** Whether its picture may not be shown now. For those who are told of changes by `onShut`; else `useIsClosed`. */
export const isClosed = (camera: Placed) => isRoom(camera) && !own.get().has(camera.id)

export function useIsClosed(): (camera: Placed) => boolean {
  const open = useStore(own)
  return useCallback((camera) => isRoom(camera) && !open.has(camera.id), [open])
}

export const useOpened = (camera: string | null): Standing | null => useStore(own).get(camera ?? '') ?? null
export const useOthers = (camera: string): Standing[] => useStore(others).filter((one) => one.camera === camera)

export const leftMs = (one: Standing) => Math.max(0, Math.min(one.endsAt - performance.now(), one.endsAtWall - Date.now()) - EARLY_MS)

/** `sentAt`, `sentAtWall`: when it was asked for; the server counted from a little later on. */
function standing(one: Opening, sentAt: number, sentAtWall: number): Standing {
  return { ...one, endsAt: sentAt + one.left_s * 1000, endsAtWall: sentAtWall + one.left_s * 1000 }
}

/** What the server says is in force. */
export function settle(list: readonly Opening[], sentAt: number, sentAtWall: number): void {
  known.set(true)
  const before = new Map([...own.get().values(), ...others.get()].map((one) => [one.id, one]))
  const found = list.filter((one) => one.in_force && !over.has(one.id)).map((one) => before.get(one.id) ?? standing(one, sentAt, sentAtWall)).filter((one) => leftMs(one) > 0)
  const mine = new Map(found.filter((one) => one.mine).map((one) => [one.camera, one]))
  // What one has opened since this was asked for cannot be in it.
  for (const [camera, one] of own.get()) if ((learntAt.get(one.id) ?? -1) > sentAt) mine.set(camera, one)
  const gone = [...own.get().values()].filter((one) => !mine.has(one.camera))
  keep(own, mine, [...mine.values()], [...own.get().values()])
  const theirs = found.filter((one) => !one.mine)
  keep(others, theirs, theirs, others.get())
  gone.forEach((one) => told(one.camera, leftMs(one) > 0 ? 'server' : 'time'))
  watch()
}

/** The same list is no news. */
function keep<T>(store: Store<T>, next: T, items: readonly Standing[], before: readonly Standing[]): void {
  if (items.length !== before.length || items.some((one, index) => one !== before[index])) store.set(next)
}

/** One's own that was just made. */
export function opened(one: Opening, sentAt: number, sentAtWall: number): void {
  learntAt.set(one.id, performance.now())
  own.set(new Map(own.get()).set(one.camera, standing(one, sentAt, sentAtWall)))
  setEnded(one.camera, null)
  watch()
}

/** The room is closed: by its time, by the server (null: by oneself). */
export function shut(camera: string, why: Ended | null): void {
  const one = own.get().get(camera)
  if (!one) return
  if (why !== 'time') over.add(one.id)
  const rest = new Map(own.get())
  rest.delete(camera)
  own.set(rest)
  told(camera, why)
  watch()
}

/** Another's, closed by oneself. */
export function shutOther(id: string): void {
  over.add(id)
  others.set(others.get().filter((one) => one.id !== id))
}

function told(camera: string, why: Ended | null): void {
  setEnded(camera, why)
  shutListeners.forEach((listener) => listener(camera))
}

function setEnded(camera: string, why: Ended | null): void {
  const next = new Map(ended.get())
  if (why === null) next.delete(camera)
  else next.set(camera, why)
  ended.set(next)
}

/** The server refused a picture because its room is closed. */
export function refused(camera: string): void {
  shut(camera, 'server')
  doubt()
}

/** At once, and for a burst of them once more at its end. */
export function doubt(): void {
  const wait = doubtedAt + DOUBT_EVERY_MS - performance.now()
  if (wait <= 0) tellDoubt()
  else doubting ??= setTimeout(tellDoubt, wait)
}

function tellDoubt(): void {
  clearTimeout(doubting)
  doubting = undefined
  doubtedAt = performance.now()
  doubtListeners.forEach((listener) => listener())
}

const ROOM_CLOSED = 4423
const CHANGED = 4409

/** The end of a socket that shows `camera` (null: many): whether a closed room is the cause, or may be. */
export function socketEnded(camera: string | null, code: number): void {
  if (code === ROOM_CLOSED && camera !== null) refused(camera)
  else if (code === ROOM_CLOSED || code === CHANGED) doubt()
}

/** Whether an answer refuses a picture because the room is closed; it is closed here then. */
export async function refusedIn(answer: Response, camera: string): Promise<boolean> {
  if (answer.status !== 403) return false
  const body = (await answer.clone().json().catch(() => null)) as { type?: unknown } | null
  const closed = String(body?.type).endsWith('#room-closed')
  if (closed) refused(camera)
  return closed
}

/** Nobody is signed in any more. */
export function forgetAll(): void {
  const cameras = [...own.get().keys()]
  own.set(new Map())
  others.set([])
  ended.set(new Map())
  known.set(false)
  clearTimeout(doubting)
  doubting = undefined
  doubtedAt = -Infinity
  cameras.forEach((camera) => shutListeners.forEach((listener) => listener(camera)))
  watch()
}

function sweep(): void {
  const done = [...own.get().values()].filter((one) => leftMs(one) <= 0)
  done.forEach((one) => shut(one.camera, 'time'))
  const left = others.get().filter((one) => leftMs(one) > 0)
  if (left.length !== others.get().length) others.set(left)
  if (done.length > 0) doubt()
  watch()
}

/** Looks at the clocks while there is something to end; at once when somebody looks again at a page that slept. */
function watch(): void {
  const any = own.get().size + others.get().length > 0
  if (any === (timer !== undefined)) return
  clearInterval(timer)
  timer = any ? setInterval(sweep, SWEEP_MS) : undefined
  if (any) document.addEventListener('visibilitychange', sweep)
  else document.removeEventListener('visibilitychange', sweep)
}
