// What a span of alerts came to, by site and by person.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { get, query } from './client'
import type { Alert, Severity } from './types'

export interface Tally {
  opened: number
  by_severity: Partial<Record<Severity, number>>
  by_kind: Record<string, number>
  acknowledged: number
  missed: number
  open: number
  /** Seconds; null where nothing was acknowledged. */
  ack_p50_s: number | null
  ack_p95_s: number | null
  ack_max_s: number | null
  quiet: number
}

export interface Report {
  start: string
  end: string
  sites: (Tally & { site: string })[]
  people: { user: string; acknowledged: number; resolved: number; called: number | null; ack_p50_s: number | null }[]
  missed: Alert[]
  technical: Partial<Tally>
}

export interface Asked {
  start: number
  end: number
  site: string | null
}

const search = ({ start, end, site }: Asked) => query({ start: new Date(start).toISOString(), end: new Date(end).toISOString(), site })

export const csvPath = (asked: Asked) => `/api/reports/shift.csv${search(asked)}`

export const useReport = (asked: Asked | null) =>
  useQuery({
    queryKey: ['report', asked],
    queryFn: ({ signal }) => get<Report>(`/api/reports/shift${asked ? search(asked) : ''}`, signal),
    enabled: asked !== null,
    placeholderData: keepPreviousData,
    refetchInterval: 60_000,
  })
