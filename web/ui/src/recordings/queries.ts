// What the recordings page asks the server: timelines as coverage, holds, the next footage far away.
import { useInfiniteQuery, useQueries, type InfiniteData } from '@tanstack/react-query'
import { useMemo, useRef } from 'react'
import { get, query, request } from '../api/client'
import { queryClient } from '../api/queries'
import type { Hold, Page, Timeline } from '../api/types'
import { serverClock } from '../time/serverClock'
import { boundsOf, coverageOf, nextFootage, type Coverage, type Missing } from './coverage'
import { DAY, MAX_SPAN, type Range } from './timeline/scale'

async function coverage(camera: string, range: Range, signal?: AbortSignal): Promise<Coverage> {
  const span = { start: new Date(range.start).toISOString(), end: new Date(range.end).toISOString(), merge: 'true' }
  return coverageOf(await get<Timeline>(`/api/cameras/${encodeURIComponent(camera)}/timeline${query(span)}`, signal))
}

export interface Row {
  coverage: Coverage | undefined
  error: unknown
  loading: boolean
  retry: () => void
}

/** The coverage of each camera in `range`; the last known stays while another range is on its way. */
export function useCoverages(cameras: readonly string[], range: Range | null): Row[] {
  const last = useRef(new Map<string, Coverage>())
  const results = useQueries({
    queries: cameras.map((camera) => {
      const growing = range !== null && range.end > serverClock.now()
      return {
        queryKey: ['timeline', camera, range?.start, range?.end],
        queryFn: ({ signal }: { signal: AbortSignal }) => coverage(camera, range ?? { start: 0, end: 0 }, signal),
        enabled: range !== null && range.start < serverClock.now(),
        staleTime: growing ? 5000 : 300_000,
        gcTime: 600_000,
        refetchInterval: growing && range ? (range.end - range.start > 2 * DAY ? 60_000 : 10_000) : (false as const),
      }
    }),
  })
  return useKept(results.map((one, index) => {
    const camera = cameras[index] ?? ''
    if (one.data) last.current.set(camera, one.data)
    return { coverage: one.data ?? last.current.get(camera), error: one.error, loading: one.isFetching && !one.data, retry: () => void one.refetch() }
  }))
}

/** The same rows while nothing in them has changed: what is drawn from them is not drawn again. */
function useKept(rows: Row[]): Row[] {
  const kept = useRef(rows)
  const same = rows.length === kept.current.length && rows.every((row, index) => {
    const held = kept.current[index]
    return held?.coverage === row.coverage && held?.error === row.error && held?.loading === row.loading
  })
  if (!same) kept.current = rows
  return kept.current
}

/** Where a gap truly begins and ends: a month around it is asked where it reaches the edge of what is known. */
export function useBounds(camera: string, gap: Missing): ReturnType<typeof boundsOf> {
  const first = Math.floor(gap.start / DAY) * DAY
  const range = useMemo(() => ({ start: first - MAX_SPAN / 2, end: first + MAX_SPAN / 2 }), [first])
  const [row] = useCoverages([camera], gap.cut ? range : null)
  return boundsOf(gap, row?.coverage, serverClock.now())
}

/** The first footage of any of them after `at`, as far as it takes. */
export async function findFootage(cameras: readonly string[], at: number): Promise<number | null> {
  const now = serverClock.now()
  for (let start = at; start < now; start += MAX_SPAN) {
    const range = { start, end: Math.min(now, start + MAX_SPAN) }
    const found = nextFootage(await Promise.all(cameras.map((camera) => coverage(camera, range))), start)
    if (found !== null) return found
  }
  return null
}

const HOLDS = ['holds'] as const

const HOLDS_PAGE = 200
const HOLDS_MS = 30_000
/** While the recorders have yet to be told of one. */
const PENDING_MS = 2000

export const useHolds = (released: boolean, enabled = true) =>
  useInfiniteQuery({
    queryKey: [...HOLDS, released],
    queryFn: ({ pageParam, signal }) =>
      get<Page<Hold>>(`/api/holds${query({ limit: HOLDS_PAGE, released: released ? 'true' : null, cursor: pageParam })}`, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: ({ state }) => (state.data && holdsOf(state.data).some((hold) => hold.pending) ? PENDING_MS : HOLDS_MS),
    enabled,
  })

export const holdsOf = (held: InfiniteData<Page<Hold>> | undefined): Hold[] => held?.pages.flatMap((page) => page.items) ?? []

/** How many there are, as far as is known; empty for none. */
export function countOf(held: InfiniteData<Page<Hold>> | undefined): string {
  const count = holdsOf(held).length
  return count === 0 ? '' : `${count}${held?.pages.at(-1)?.next ? '+' : ''}`
}

export interface NewHold {
  cameras: string[]
  start: string
  end: string
  reason: string
  until: string | null
}

function changed(): void {
  void queryClient.invalidateQueries({ queryKey: HOLDS })
  void queryClient.invalidateQueries({ queryKey: ['timeline'] })
}

export async function createHold(hold: NewHold): Promise<Hold> {
  const made = await request<Hold>('POST', '/api/holds', hold)
  changed()
  return made
}

export async function releaseHold(id: string): Promise<void> {
  await request('DELETE', `/api/holds/${encodeURIComponent(id)}`)
  changed()
}
