// What is asked of the server about openings, and what one does to them.
import { useQuery } from '@tanstack/react-query'
import { get, Problem, query, request } from '../api/client'
import { queryClient } from '../api/queries'
import type { Page } from '../api/types'
import { opened, shut, shutOther, type Opening } from './openings'

export const OPENINGS = ['openings'] as const
/** Somebody else may close one's own, and those who oversee want to see who looks. */
const EVERY_MS = 10_000
export const MOST_PAST = 200

/** With when they were asked for, by both clocks: what is left of each is counted from then. */
export interface Asked {
  items: Opening[]
  sentAt: number
  sentAtWall: number
}

async function ask(path: string, signal: AbortSignal): Promise<Asked> {
  const [sentAt, sentAtWall] = [performance.now(), Date.now()]
  return { items: (await get<Page<Opening>>(path, signal)).items, sentAt, sentAtWall }
}

/** Those in force. Asked in one place; whoever needs them reads the stores of openings.ts. */
export const useInForce = (enabled: boolean) =>
  useQuery({ queryKey: [...OPENINGS, 'now'], queryFn: ({ signal }) => ask('/api/openings?limit=500', signal), enabled, refetchInterval: EVERY_MS, gcTime: 0 })

/** Those of the past, too, newest first. */
export const usePast = (enabled: boolean) =>
  useQuery({ queryKey: [...OPENINGS, 'past'], queryFn: ({ signal }) => ask(`/api/openings${query({ ended: 'true', limit: MOST_PAST })}`, signal), enabled, refetchInterval: EVERY_MS })

export function readAgain(): void {
  for (const key of [OPENINGS, ['cameras'], ['camera'], ['removed']]) void queryClient.invalidateQueries({ queryKey: key })
}

/** Opens the room, or for longer what is open; nothing where it turns out to be no room. */
export async function openRoom(camera: string, reason: string, minutes: number): Promise<void> {
  const [sentAt, sentAtWall] = [performance.now(), Date.now()]
  try {
    opened(await request<Opening>('POST', `/api/cameras/${encodeURIComponent(camera)}/openings`, { reason: reason.trim(), minutes }), sentAt, sentAtWall)
  } catch (error) {
    // Its placement was changed meanwhile: it is open to everybody.
    if (!(error instanceof Problem) || error.kind !== 'no-room') throw error
    readAgain()
  }
  void queryClient.invalidateQueries({ queryKey: OPENINGS })
}

export async function closeOpening(one: Opening): Promise<void> {
  // The picture goes before the server answers, or does not.
  if (one.mine) shut(one.camera, null)
  try {
    await request('DELETE', `/api/openings/${encodeURIComponent(one.id)}`)
  } catch (error) {
    // It has ended by itself: that is what was wanted.
    if (!(error instanceof Problem) || error.status !== 404) throw error
  } finally {
    void queryClient.invalidateQueries({ queryKey: OPENINGS })
  }
  if (!one.mine) shutOther(one.id)
}
