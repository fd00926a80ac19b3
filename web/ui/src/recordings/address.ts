// What the address of the recordings page says, and links that open it at a camera and a moment. Pure.
import { SPEEDS, type Speed } from './player/windows'

export const MOST_CAMERAS = 4
export const LAYOUTS = [1, 2, 4] as const
export type Layout = (typeof LAYOUTS)[number]

export interface Place {
  cameras: string[]
  at: number | null
  from: number | null
  to: number | null
  speed: Speed
  layout: Layout | null
  /** A link to what happened plays at once; an address that was left open does not. */
  play: boolean
}

/** Nothing was ever recorded before, and the service refuses what is long before it. */
export const EARLIEST = Date.parse('2000-01-01T00:00:00Z')

function moment(text: string | null): number | null {
  const at = text ? Date.parse(text) : NaN
  return at >= EARLIEST ? at : null
}

export function placeOf(search: URLSearchParams): Place {
  const cameras = (search.get('cameras') ?? '').split(',').map((one) => one.trim()).filter(Boolean)
  const [from, to] = [moment(search.get('from')), moment(search.get('to'))]
  const speed = SPEEDS.find((one) => one === Number(search.get('speed')))
  return {
    cameras: [...new Set(cameras)].slice(0, MOST_CAMERAS),
    at: moment(search.get('at')),
    from, to: from !== null && to !== null && to <= from ? null : to,
    speed: speed ?? 1,
    layout: LAYOUTS.find((one) => one === Number(search.get('layout'))) ?? null,
    play: search.get('play') === '1',
  }
}

/** To the second, unless the fraction matters: a link is read aloud and typed, too. */
export function stamp(at: number): string {
  const text = new Date(at).toISOString()
  return text.endsWith('.000Z') ? `${text.slice(0, -5)}Z` : text
}

export function searchOf(place: Place): string {
  const parts: string[] = []
  if (place.cameras.length > 0) parts.push(`cameras=${place.cameras.map(encodeURIComponent).join(',')}`)
  for (const name of ['at', 'from', 'to'] as const) {
    const value = place[name]
    if (value !== null) parts.push(`${name}=${stamp(value)}`)
  }
  if (place.speed !== 1) parts.push(`speed=${place.speed}`)
  if (place.layout !== null) parts.push(`layout=${place.layout}`)
  if (place.play) parts.push('play=1')
  return parts.length > 0 ? `?${parts.join('&')}` : ''
}

export function recordingsAt(cameras: readonly string[], at: number | null = null, play = false): string {
  return `/recordings${searchOf({ cameras: [...cameras], at, from: null, to: null, speed: 1, layout: null, play })}`
}

/** Before an alert was raised something led to it. */
const BEFORE_ALERT_MS = 10_000

/** Where an alert is to be seen from its beginning, which may be long before it was raised; null where it has no camera. */
export function footageOf(alert: { camera: string | null; opened_at: string; clip?: { start: string } | null }): string | null {
  const start = alert.clip ? Date.parse(alert.clip.start) : Date.parse(alert.opened_at) - BEFORE_ALERT_MS
  return alert.camera ? recordingsAt([alert.camera], Math.floor(start / 1000) * 1000, true) : null
}
