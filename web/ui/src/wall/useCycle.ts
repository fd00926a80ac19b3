// Going from group to group by itself, 20 s each.
import { useEffect, useState } from 'react'
import type { TileGroup } from './choice'

export const CYCLE_MS = 20_000

export interface Cycle {
  group: TileGroup | null
  at: number
  of: number
}

export function useCycle(on: boolean, groups: readonly TileGroup[]): Cycle {
  const [at, setAt] = useState(0)
  useEffect(() => {
    if (!on) return
    setAt(0)
    const timer = setInterval(() => setAt((held) => held + 1), CYCLE_MS)
    return () => clearInterval(timer)
  }, [on])
  const index = groups.length > 0 ? at % groups.length : 0
  return { group: on ? (groups[index] ?? null) : null, at: index + 1, of: groups.length }
}
