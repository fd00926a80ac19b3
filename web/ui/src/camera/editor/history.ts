// Undo and redo of whole values. Pure.

export interface History<T> {
  past: T[]
  present: T
  future: T[]
  /** What the last step was part of: steps of one gesture or of one word typed are undone together. */
  tag: string | null
}

/** So many steps back are kept. */
const MOST = 200

export const begin = <T>(present: T): History<T> => ({ past: [], present, future: [], tag: null })

/** A step to `next`; one of the same `tag` as the last takes its place. */
export function step<T>(history: History<T>, next: T, tag: string | null = null): History<T> {
  if (Object.is(next, history.present)) return history
  const continued = tag !== null && tag === history.tag
  const past = continued ? history.past : [...history.past, history.present].slice(-MOST)
  return { past, present: next, future: [], tag }
}

/** What comes next is a step of its own, whatever its tag. */
export const pause = <T>(history: History<T>): History<T> => (history.tag === null ? history : { ...history, tag: null })

export function undo<T>(history: History<T>): History<T> {
  const last = history.past.at(-1)
  if (last === undefined) return history
  return { past: history.past.slice(0, -1), present: last, future: [history.present, ...history.future], tag: null }
}

export function redo<T>(history: History<T>): History<T> {
  const [next, ...future] = history.future
  if (next === undefined) return history
  return { past: [...history.past, history.present], present: next, future, tag: null }
}
