// The same done to several alerts, one after the other: what came of each.
import { actOnAlert, AlreadyDone } from '../api/actions'
import { Unreachable } from '../api/client'
import type { Act, Target } from './alertActions'

export interface Outcome {
  done: number
  /** Somebody else had done it. */
  before: AlreadyDone[]
  failed: { target: Target; error: unknown }[]
}

/** `onProgress`: how many have been tried. Without a server the rest is not tried. */
export async function actOnAll(targets: readonly Target[], action: Act, note: string, onProgress: (tried: number) => void): Promise<Outcome> {
  const outcome: Outcome = { done: 0, before: [], failed: [] }
  for (const [index, target] of targets.entries()) {
    try {
      await actOnAlert(target.alert.id, action, note, target.group)
      outcome.done += 1
    } catch (error) {
      if (error instanceof AlreadyDone) outcome.before.push(error)
      else if (error instanceof Unreachable) return { ...outcome, failed: [...outcome.failed, ...targets.slice(index).map((one) => ({ target: one, error }))] }
      else outcome.failed.push({ target, error })
    }
    onProgress(index + 1)
  }
  return outcome
}
