// What pages read, each with its key and its pace. Changes pushed by the server are merged in api/liveUpdates.ts.
import { keepPreviousData, QueryClient, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import type { AlertFilter } from '../alerts/merge'
import { rightsOf } from '../rights/session'
import { get, Problem, query } from './client'
import { serverClock } from '../time/serverClock'
import { connection } from './connection'
import type { Alert, Camera, CameraDetail, Page, Session, Site, System, Timeline } from './types'

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // A "no" stays a "no"; a server known to be away is asked at the page's own pace alone, and at the stream's reconnect.
      retry: (failures, error) => !(error instanceof Problem && error.status < 500) && failures < 2 && connection.get().state !== 'down',
      retryDelay: (failures) => Math.min(4000, 600 * 2 ** failures),
      staleTime: 10_000,
      refetchOnWindowFocus: false,
      networkMode: 'always',
    },
  },
})

export const keys = {
  session: ['session'] as const,
  system: ['system'] as const,
  sites: ['sites'] as const,
  cameras: ['cameras'] as const,
  camera: (id: string) => ['camera', id] as const,
  timeline: (id: string) => ['timeline', id] as const,
  alerts: (filter: AlertFilter) => ['alerts', filter] as const,
  alert: (id: string) => ['alert', id] as const,
}

/** All pages of a list: cameras and sites are needed whole. */
export async function everything<T>(path: string, signal: AbortSignal, filter: Record<string, string | number | null> = {}): Promise<T[]> {
  const items: T[] = []
  let cursor: string | null = null
  do {
    const page: Page<T> = await get<Page<T>>(path + query({ ...filter, limit: 500, cursor }), signal)
    items.push(...page.items)
    cursor = page.next
  } while (cursor)
  return items
}

let rights: string | null = null

async function readSession(signal: AbortSignal): Promise<Session> {
  const session = await get<Session>('/api/session', signal)
  const before = rights
  rights = rightsOf(session)
  // What was read with other rights, or by somebody else, is not theirs to see.
  if (before !== null && before !== rights) queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.session[0] })
  return session
}

export const useSession = () =>
  useQuery({ queryKey: keys.session, queryFn: ({ signal }) => readSession(signal), staleTime: 60_000 })

export const useSystem = () =>
  useQuery({ queryKey: keys.system, queryFn: ({ signal }) => get<System>('/api/system', signal), refetchInterval: 5000 })

export const useSites = () =>
  useQuery({ queryKey: keys.sites, queryFn: ({ signal }) => everything<Site>('/api/sites', signal), refetchInterval: 30_000 })

export const useCameras = () =>
  useQuery({
    queryKey: keys.cameras,
    queryFn: ({ signal }) => everything<Camera>('/api/cameras', signal),
    // The stream carries changes of state; counts and rates come by asking.
    refetchInterval: 10_000,
  })

export const useCamera = (id: string | null) =>
  useQuery({
    queryKey: keys.camera(id ?? ''),
    queryFn: ({ signal }) => get<CameraDetail>(`/api/cameras/${encodeURIComponent(id ?? '')}`, signal),
    enabled: id !== null,
    refetchInterval: 3000,
  })

export const TIMELINE_HOURS = 6

export const useTimeline = (id: string) =>
  useQuery({
    queryKey: keys.timeline(id),
    queryFn: ({ signal }) => {
      const end = serverClock.now() + 60_000
      const span = { start: new Date(end - TIMELINE_HOURS * 3_600_000).toISOString(), end: new Date(end).toISOString() }
      return get<Timeline>(`/api/cameras/${encodeURIComponent(id)}/timeline${query(span)}`, signal)
    },
    refetchInterval: 15_000,
  })

/** The counts of one zone over the hours of the plot; not asked for the whole picture. */
export const useZoneCounts = (id: string, zone: string) =>
  useQuery({
    queryKey: [...keys.timeline(id), zone],
    enabled: zone !== '',
    queryFn: ({ signal }) => {
      const end = serverClock.now() + 60_000
      const span = { start: new Date(end - 3 * 3_600_000).toISOString(), end: new Date(end).toISOString(), merge: 'true', zone }
      return get<Timeline>(`/api/cameras/${encodeURIComponent(id)}/timeline${query(span)}`, signal)
    },
    refetchInterval: 15_000,
  })

const PAGE = 60
/** What goes on is wanted whole: the wall marks each. */
const MOST = 500

export const useAlertPages = (filter: AlertFilter) =>
  useInfiniteQuery({
    queryKey: keys.alerts(filter),
    queryFn: ({ pageParam, signal }) =>
      get<Page<Alert>>(`/api/alerts${query({ ...filter, limit: filter.ongoing ? MOST : PAGE, cursor: pageParam })}`, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
    refetchInterval: 60_000,
  })

export const ongoingFilter: AlertFilter = { ongoing: 'true' }
export const endedFilter: AlertFilter = { state: 'ended' }

export const useAlert = (id: string | null) =>
  useQuery({
    queryKey: keys.alert(id ?? ''),
    queryFn: ({ signal }) => get<Alert>(`/api/alerts/${encodeURIComponent(id ?? '')}`, signal),
    enabled: id !== null,
    // What a courier is answered is no event of its own.
    refetchInterval: ({ state }) => (isCalling(state.data) ? CALLING_MS : false),
  })

const CALLING_MS = 3000
/** Whether somebody is being called, or is about to be. */
export const isCalling = (alert: Pick<Alert, 'chain'> | undefined) => alert?.chain?.state === 'due' || alert?.chain?.state === 'running'
