// What the timeline, and what stands beside it, knows of a camera. Pure.
import type { Camera } from '../../api/types'

export interface TimelineCamera {
  id: string
  name: string
  /** The name, with the site where another chosen camera has the same. */
  label: string
  site: string
  /** A patient's room that is not open: no pictures, also no small ones. */
  closed: boolean
  /** No longer in the configuration. */
  removed: boolean
  /** Whether its pictures are covered, and for whom. */
  mask?: Pick<Camera, 'masked' | 'masks'>
}

interface Named {
  id: string
  name: string
  site: string
}

/** Names by id, with the site where a name alone would not do. */
export function labelsOf(cameras: readonly Named[]): Map<string, string> {
  return new Map(cameras.map(({ id, name, site }) => {
    const alike = cameras.some((other) => other.id !== id && other.name === name)
    return [id, alike && site ? `${name} · ${site}` : name]
  }))
}
