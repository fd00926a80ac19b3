// Quiet cameras and rules: what is in force, made and ended. Told of changes by the event `quiet.changed`.
import { useQuery, type QueryClient } from '@tanstack/react-query'
import type { Quiet } from './chains'
import { get, query, request } from './client'
import { queryClient } from './queries'

export const QUIETS = ['quiets'] as const

/** Those in force and to come; with `ended` the past ones. */
export const useQuiets = (ended = false, enabled = true) =>
  useQuery({
    queryKey: [...QUIETS, ended],
    queryFn: async ({ signal }) => (await get<{ items: Quiet[] }>(`/api/quiets${query({ ended: ended ? 'true' : null })}`, signal)).items,
    enabled,
    // They begin and end by themselves.
    refetchInterval: 60_000,
  })

/** Those that are in force `now`, by this page's own clock: an answer grows old. */
export const inForce = (quiets: readonly Quiet[] | undefined, now: number): Quiet[] =>
  (quiets ?? []).filter((one) => !one.ended_at && Date.parse(one.start) <= now && Date.parse(one.until) > now)

/** Kinds of a whole site, only filed under a camera: its maintenance says nothing of them (`web/quiet/quiet.py`). */
const OF_SITES = ['site_unreachable', 'canary']

/** What keeps the alert quiet, as far as is known here. */
export function quietOf(client: QueryClient, alert: { camera: string | null; rule: string | null; kind: string }, now: number): Quiet | null {
  const known = client.getQueryData<Quiet[]>([...QUIETS, false])
  const holds = (one: Quiet) => one.camera === alert.camera && (one.rule === alert.rule || (one.rule === null && !OF_SITES.includes(alert.kind)))
  return inForce(known, now).find(holds) ?? null
}

const changed = () => queryClient.invalidateQueries({ queryKey: QUIETS })

export async function snooze(alert: string, minutes: number, reason: string): Promise<Quiet> {
  const made = await request<Quiet>('POST', `/api/alerts/${encodeURIComponent(alert)}/snooze`, { minutes, reason: reason.trim() })
  void changed()
  return made
}

export interface Maintenance {
  cameras: string[]
  start: string
  until: string
  reason: string
}

export async function maintain(asked: Maintenance): Promise<Quiet[]> {
  const made = await request<{ items: Quiet[] }>('POST', '/api/quiets', { ...asked, reason: asked.reason.trim() })
  void changed()
  return made.items
}

export async function endQuiet(id: string): Promise<void> {
  await request('DELETE', `/api/quiets/${encodeURIComponent(id)}`)
  void changed()
}
