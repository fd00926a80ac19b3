// The alerts that want an eye: those that go on, taken or not, and those that are over but taken on by nobody.
import { useMemo } from 'react'
import { endedFilter, ongoingFilter, useAlertPages } from '../api/queries'
import type { Alert } from '../api/types'
import { newestFirst } from './merge'
import { isOpen, isTaken } from './standing'

export function useOpenAlerts() {
  const ongoing = useAlertPages(ongoingFilter)
  const ended = useAlertPages(endedFilter)
  const alerts = useMemo(() => flat(ongoing.data?.pages).filter(isOpen), [ongoing.data])
  const waiting = useMemo(() => alerts.filter((alert) => !isTaken(alert)), [alerts])
  const over = useMemo(() => flat(ended.data?.pages), [ended.data])
  return {
    alerts,
    /** Those of `alerts` that nobody has taken. */
    waiting,
    over,
    loading: ongoing.isPending,
    error: ongoing.error,
    since: ongoing.dataUpdatedAt,
    retry: () => {
      void ongoing.refetch()
      void ended.refetch()
    },
  }
}

/** Zones of a camera of which a breach is going on, whether or not anybody has taken it on. */
export function useBreachedZones(camera: string): ReadonlySet<string> {
  const breaches = useAlertPages({ camera, kind: 'zone_breach', ongoing: 'true' })
  return useMemo(() => breachedZones(flat(breaches.data?.pages)), [breaches.data])
}

export function breachedZones(alerts: readonly Alert[]): ReadonlySet<string> {
  const going = alerts.filter((alert) => alert.kind === 'zone_breach' && isOpen(alert))
  return new Set(going.flatMap((alert) => alert.zone ?? []))
}

function flat(pages: { items: Alert[] }[] | undefined): Alert[] {
  return (pages ?? []).flatMap((page) => page.items).sort(newestFirst)
}
