// The address and the page, kept the same: written when things settle, read when somebody else changed it.
import { useEffect, useRef } from 'react'
import { useLocation, useSearch } from 'wouter'
import { placeOf, searchOf, type Place } from './address'

/** Browsers refuse more than a few changes a second. */
const SETTLED_MS = 350

export function useAddress(current: () => Place, changes: readonly unknown[], adopt: (place: Place) => void): void {
  const search = useSearch()
  const [, navigate] = useLocation()
  const written = useRef(search)
  const now = useRef({ current, adopt })
  now.current = { current, adopt }
  useEffect(() => {
    if (same(search, written.current)) return
    written.current = search
    now.current.adopt(placeOf(new URLSearchParams(search)))
  }, [search])
  useEffect(() => {
    const timer = setTimeout(() => {
      const next = searchOf(now.current.current())
      if (same(next, written.current)) return
      written.current = next
      navigate(`/recordings${next}`, { replace: true })
    }, SETTLED_MS)
    return () => clearTimeout(timer)
  }, changes)
}

const same = (a: string, b: string) => new URLSearchParams(a).toString() === new URLSearchParams(b).toString()
