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

function flat(pages: { items: Alert[] }[] | undefined): Alert[] {
  return (pages ?? []).flatMap((page) => page.items).sort(newestFirst)
}
