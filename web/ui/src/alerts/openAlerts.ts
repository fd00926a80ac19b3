// The alerts that wait for somebody: going on, and over but taken on by nobody.
import { useMemo } from 'react'
import { endedFilter, openFilter, useAlertPages } from '../api/queries'
import type { Alert } from '../api/types'
import { newestFirst } from './merge'

export function useOpenAlerts() {
  const open = useAlertPages(openFilter)
  const ended = useAlertPages(endedFilter)
  const alerts = useMemo(() => flat(open.data?.pages), [open.data])
  const over = useMemo(() => flat(ended.data?.pages), [ended.data])
  return {
    alerts,
    over,
    loading: open.isPending,
    error: open.error,
    since: open.dataUpdatedAt,
    retry: () => {
      void open.refetch()
      void ended.refetch()
    },
  }
}

/** Zones of a camera of which a breach is going on, whether or not anybody has taken it on. */
export function useBreachedZones(camera: string): ReadonlySet<string> {
  const breaches = useAlertPages({ camera, kind: 'zone_breach' })
  return useMemo(() => breachedZones(flat(breaches.data?.pages)), [breaches.data])
}

export function breachedZones(alerts: readonly Alert[]): ReadonlySet<string> {
  const going = alerts.filter((alert) => alert.kind === 'zone_breach' && alert.ended_at === null && alert.state !== 'resolved')
  return new Set(going.flatMap((alert) => alert.zone ?? []))
}

function flat(pages: { items: Alert[] }[] | undefined): Alert[] {
  return (pages ?? []).flatMap((page) => page.items).sort(newestFirst)
}
