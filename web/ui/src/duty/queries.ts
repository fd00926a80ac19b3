// What the page of duty asks of the service, and what one does to the roster and to the steps.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { get, Problem, query, request } from '../api/client'
import { queryClient } from '../api/queries'
import { iso, type Span } from './times'
import type { Gap, Imported, Person, Policy, PolicyInForce, Shift, ShiftAsked, SiteNow, TestAnswer } from './types'

/** Of all that is asked here: `duty.changed` has it read anew. */
export const DUTY = ['duty'] as const
const EVERY_MS = 60_000
const again = () => void queryClient.invalidateQueries({ queryKey: DUTY })
const items = async <T>(path: string, signal: AbortSignal) => (await get<{ items: T[] }>(path, signal)).items
const between = ({ start, end }: Span) => query({ start: iso(start), end: iso(end) })

export const useOnDuty = () =>
  useQuery({ queryKey: [...DUTY, 'now'], queryFn: ({ signal }) => items<SiteNow>('/api/duty/now', signal), refetchInterval: 30_000 })

export const useShifts = (span: Span) =>
  useQuery({
    queryKey: [...DUTY, 'shifts', span.start, span.end], queryFn: ({ signal }) => items<Shift>(`/api/duty/shifts${between(span)}`, signal),
    refetchInterval: EVERY_MS, placeholderData: keepPreviousData,
  })

export const useGaps = (span: Span) =>
  useQuery({
    queryKey: [...DUTY, 'gaps', span.start, span.end], queryFn: ({ signal }) => items<Gap>(`/api/duty/gaps${between(span)}`, signal),
    refetchInterval: EVERY_MS, placeholderData: keepPreviousData,
  })

export const usePeople = (enabled: boolean) =>
  useQuery({ queryKey: [...DUTY, 'people'], queryFn: ({ signal }) => items<Person>('/api/duty/people', signal), enabled, refetchInterval: EVERY_MS })

/** Apart from what other pages ask of it: here with its number and the default. */
export const usePolicyInForce = () =>
  useQuery({ queryKey: [...DUTY, 'steps'], queryFn: ({ signal }) => get<PolicyInForce>('/api/duty/policy', signal), refetchInterval: EVERY_MS })

export const readPolicy = () => get<PolicyInForce>('/api/duty/policy')

export const shiftsBetween = async (span: Span) => (await get<{ items: Shift[] }>(`/api/duty/shifts${between(span)}`)).items

const pathOf = (id: string) => `/api/duty/shifts/${encodeURIComponent(id)}`

export async function addShift(shift: ShiftAsked): Promise<Shift> {
  try {
    return await request<Shift>('POST', '/api/duty/shifts', shift)
  } finally {
    again()
  }
}

export async function changeShift(id: string, change: ShiftAsked): Promise<Shift> {
  try {
    return await request<Shift>('PATCH', pathOf(id), change)
  } finally {
    again()
  }
}

/** What is gone already, is gone. */
export async function removeShift(id: string): Promise<void> {
  try {
    await request('DELETE', pathOf(id))
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 404) throw error
  } finally {
    again()
  }
}

/** `dry`: says what would be; with any problem nothing is written. */
export async function importShifts(file: Blob, dry: boolean): Promise<Imported> {
  try {
    return await request<Imported>('POST', `/api/duty/shifts/import${query({ dry_run: dry ? 'true' : null })}`, file)
  } finally {
    if (!dry) again()
  }
}

/** Where the roster of a time comes as a file, which can be imported again. */
export const exportPath = (span: Span) => `/api/duty/shifts.csv${between(span)}`

export async function testPerson(user: string): Promise<TestAnswer[]> {
  try {
    return (await request<{ items: TestAnswer[] }>('POST', `/api/duty/people/${encodeURIComponent(user)}/test`)).items
  } finally {
    again()
  }
}

export async function putPolicy(policy: Policy, base: number): Promise<number> {
  try {
    return (await request<{ revision: number }>('PUT', '/api/duty/policy', { policy, base_revision: base })).revision
  } finally {
    again()
  }
}
