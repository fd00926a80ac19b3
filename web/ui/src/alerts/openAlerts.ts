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

function flat(pages: { items: Alert[] }[] | undefined): Alert[] {
  return (pages ?? []).flatMap((page) => page.items).sort(newestFirst)
}
