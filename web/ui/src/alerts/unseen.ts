// Which alerts came while this page was open and have not been looked at: marked in the list until they are.
import { Store } from '../preferences/store'

export const unseen = new Store<ReadonlySet<string>>(new Set())
/** Somebody who was away for long has a list to read, not a thousand marks. */
const MOST = 500

export function arrived(id: string): void {
  unseen.set(new Set([...[...unseen.get()].slice(1 - MOST), id]))
}

export function looked(ids: readonly string[]): void {
  const held = unseen.get()
  if (!ids.some((id) => held.has(id))) return
  unseen.set(new Set([...held].filter((id) => !ids.includes(id))))
}
