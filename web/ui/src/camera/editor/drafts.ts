// Drafts that were left unsaved, kept in this tab: an expired session or a reload loses nothing.
import type { Analysis } from '../../api/types'
import type { Saved } from './state'

interface Kept {
  base: Saved
  draft: Analysis
  at: number
}

const key = (camera: string) => `vms.draft.${camera}`

export function keptDraft(camera: string): Kept | null {
  try {
    const text = sessionStorage.getItem(key(camera))
    const kept = text === null ? null : (JSON.parse(text) as Kept)
    const whole = kept && Array.isArray(kept.draft?.zones) && Array.isArray(kept.draft.rules) && Array.isArray(kept.base?.zones)
    return whole ? kept : null
  } catch {
    return null
  }
}

export function keepDraft(camera: string, kept: Kept | null): void {
  try {
    if (kept) sessionStorage.setItem(key(camera), JSON.stringify(kept))
    else sessionStorage.removeItem(key(camera))
  } catch {
    // A forbidden storage costs the second chance, not the draft.
  }
}
