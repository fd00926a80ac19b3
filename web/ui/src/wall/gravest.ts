// Of each camera's open alerts the gravest, which its tile names, and the rest. Pure.
import type { Alert, Severity } from '../api/types'

export interface TileAlert {
  severity: Severity
  /** Kind of the gravest; of several the newest. */
  alert: string
  /** Kinds of the others, gravest first, with commas between: a tile is drawn anew only when they change. */
  others: string
}

const GRAVITY: Record<string, number> = { critical: 2, warning: 1, info: 0 }

export function gravestByCamera(alerts: readonly Alert[]): Map<string, TileAlert> {
  const found = new Map<string, Alert[]>()
  for (const alert of alerts) {
    if (alert.camera !== null) found.set(alert.camera, [...(found.get(alert.camera) ?? []), alert])
  }
  const gravity = (alert: Alert) => GRAVITY[alert.severity] ?? 1
  return new Map([...found].map(([camera, all]) => {
    const [first, ...rest] = all.toSorted((a, b) => gravity(b) - gravity(a) || b.opened_at.localeCompare(a.opened_at)) as [Alert, ...Alert[]]
    return [camera, { severity: first.severity, alert: first.kind, others: rest.map((one) => one.kind).join() }]
  }))
}
