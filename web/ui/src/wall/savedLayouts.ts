// The layouts behind the keys 1 to 9: some to begin with, the rest as this browser's people save them.
import { readJson, writeJson } from '../preferences/preferences'
import { Store } from '../preferences/store'
import type { WallChoice } from './choice'

export interface SavedLayout {
  /** Written by a person; empty for one of ours, whose name is in the catalogue. */
  name: string
  builtIn: string | null
  choice: WallChoice
}

const KEY = 'vms.layouts'
export const SLOTS = 9

const base: WallChoice = {
  site: null, placement: null, alertsOnly: false, grouping: 'site', density: 'fill', cycle: false, spotlight: false,
}
const ours = (builtIn: string, change: Partial<WallChoice>): SavedLayout => ({ name: '', builtIn, choice: { ...base, ...change } })

const initial: (SavedLayout | null)[] = [
  ours('all', {}),
  ours('gates', { placement: 'gate', grouping: 'none' }),
  ours('corridors', { placement: 'corridor', grouping: 'none' }),
  ours('sampling', { placement: 'sampling_room', grouping: 'none' }),
  ours('alerts', { alertsOnly: true, grouping: 'none', spotlight: true }),
  ours('cycle', { cycle: true }),
  null, null, null,
]

export const layouts = new Store<(SavedLayout | null)[]>(readJson(KEY, initial))

export function saveLayout(slot: number, layout: SavedLayout | null): void {
  const next = layouts.get().map((held, index) => (index === slot ? layout : held))
  layouts.set(next)
  writeJson(KEY, next)
}

export function freeSlot(): number {
  const free = layouts.get().indexOf(null)
  return free >= 0 ? free : SLOTS - 1
}
