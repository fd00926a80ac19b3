// Which alert comes first: of each camera's open ones the gravest, which its tile names; of those that wait, the one to take. Pure.
import { isTaken } from '../alerts/standing'
import type { Alert, Severity } from '../api/types'

export interface TileAlert {
  severity: Severity
  /** Kind of the gravest; of several one that nobody has taken, then the newest. */
  alert: string
  /** Kinds of the others, gravest first, with commas between: a tile is drawn anew only when they change. */
  others: string
  /** Somebody has taken every one of them: the tile is calmer, and stays marked. */
  taken: boolean
}

const GRAVITY: Record<string, number> = { critical: 2, warning: 1, info: 0 }
const gravity = (alert: Alert) => GRAVITY[alert.severity] ?? 1

function gravestFirst(a: Alert, b: Alert): number {
  return gravity(b) - gravity(a) || Number(isTaken(a)) - Number(isTaken(b)) || b.opened_at.localeCompare(a.opened_at)
}

export function gravestByCamera(alerts: readonly Alert[]): Map<string, TileAlert> {
  const found = new Map<string, Alert[]>()
  for (const alert of alerts) {
    // A canary is filed under a camera that has nothing to do with it.
    if (alert.camera !== null && alert.kind !== 'canary') found.set(alert.camera, [...(found.get(alert.camera) ?? []), alert])
  }
  return new Map([...found].map(([camera, all]) => {
    const [first, ...rest] = all.toSorted(gravestFirst) as [Alert, ...Alert[]]
    return [camera, { severity: first.severity, alert: first.kind, others: rest.map((one) => one.kind).join(), taken: all.every(isTaken) }]
  }))
}

/** The one to take on: the gravest that nobody has taken, of several the newest. */
export const firstToTake = (alerts: readonly Alert[]): Alert | undefined =>
  alerts.filter((alert) => !isTaken(alert)).toSorted(gravestFirst)[0]
