// The log of access as the service tells of it. Each reading of it is an entry itself: nothing here asks again by itself.
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { get, query } from './client'
import type { Page } from './types'

export interface AuditEntry {
  seq: number
  at: string
  /** Null: nobody who is known. */
  user: string | null
  role: string | null
  address: string
  action: string
  site: string | null
  camera: string | null
  object: string | null
  outcome: 'done' | 'refused'
  detail: Record<string, unknown>
  hash: string
}

export type AuditFilter = Partial<Record<'start' | 'end' | 'user' | 'action' | 'site' | 'camera' | 'outcome' | 'q', string>>

/** The head of the chain at the end of a day of the facility; by channel when it left, null: it has not. */
export interface DayRoot {
  day: string
  seq: number
  hash: string
  sent: Partial<Record<string, string | null>>
}

/** `hash` and `at` are null while the log is empty. */
export interface AuditHead {
  seq: number
  hash: string | null
  at: string | null
  roots: DayRoot[]
  /** Those that are configured, each with what stands in its way. */
  channels: { channel: string; error: string | null }[]
}

export interface AuditAction {
  action: string
  kind: string
}

const PAGE = 100
const read = { staleTime: Infinity, refetchOnReconnect: false } as const

export const useAudit = (filter: AuditFilter) =>
  useInfiniteQuery({
    queryKey: ['audit', 'entries', filter],
    queryFn: ({ pageParam, signal }) => get<Page<AuditEntry>>(`/api/audit${query({ ...filter, limit: PAGE, cursor: pageParam })}`, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
    ...read,
  })

export const useAuditHead = () => useQuery({ queryKey: ['audit', 'head'], queryFn: ({ signal }) => get<AuditHead>('/api/audit/head', signal), ...read })

export const useAuditActions = () =>
  useQuery({ queryKey: ['audit', 'actions'], queryFn: async ({ signal }) => (await get<Page<AuditAction>>('/api/audit/actions', signal)).items, ...read })

/** Where the whole of what a filter finds comes as a file. */
export const exportPath = (filter: AuditFilter, format: 'csv' | 'jsonl') => `/api/audit/export.${format}${query({ ...filter })}`
