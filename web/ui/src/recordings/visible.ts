// Which of the chosen cameras are on the screen. Pure.
import type { Layout } from './address'

/** All of them, or the one or the pair in which the active one stands. */
export function visibleOf(cameras: readonly string[], layout: Layout | null, active: string | null): string[] {
  const size = layout ?? 4
  const at = Math.max(0, active === null ? 0 : cameras.indexOf(active))
  const first = Math.floor(at / size) * size
  return cameras.slice(first, first + size)
}
