// What the signed-in person may see and do, and whether that is still what it was.
import { use } from 'react'
import type { Session } from '../api/types'
import { SessionContext } from '../shell/shellState'

/** Equal for the same person with the same rights, whatever their order. */
export function rightsOf({ user }: Session): string {
  const sorted = (list: readonly string[] | null) => (list === null ? null : [...list].sort())
  return JSON.stringify([user.id, user.role, sorted(user.permissions), sorted(user.sites ?? null)])
}

/** Whether the lists hold only some sites; then "all" is not the province. */
export function useHeld(): boolean {
  return (use(SessionContext)?.user.sites ?? null) !== null
}
