// How this person likes recordings played; remembered in this browser.
import { readJson, writeJson } from '../preferences/preferences'
import { Store } from '../preferences/store'

const KEY = 'vms.recordings'

export const preferred = new Store({ skipGaps: true, ...readJson<{ skipGaps?: boolean }>(KEY, {}) })

export function preferSkipping(skipGaps: boolean): void {
  preferred.set({ skipGaps })
  writeJson(KEY, { skipGaps })
}
