// What the address says: filters and layouts live in the query, so that a link opens what its sender saw.
import { useMemo } from 'react'
import { useLocation, useSearch } from 'wouter'

export type SearchChange = Record<string, string | null | undefined>

export function changedSearch(search: string, change: SearchChange): string {
  const next = new URLSearchParams(search)
  for (const [name, value] of Object.entries(change)) {
    if (value) next.set(name, value)
    else next.delete(name)
  }
  const text = next.toString()
  return text ? `?${text}` : ''
}

export function useSearchParts(): [URLSearchParams, (change: SearchChange) => void] {
  const search = useSearch()
  const [path, navigate] = useLocation()
  const parts = useMemo(() => new URLSearchParams(search), [search])
  return [parts, (change) => navigate(path + changedSearch(search, change), { replace: true })]
}
