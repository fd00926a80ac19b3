// Which new alert is heard: one sound for a group within its cooldown, none for what is quiet or only caught up with. Pure.
import type { Alert } from '../api/types'

/** What is caught up after a long absence is read, not heard. */
const RECENT_MS = 120_000
/** As the ladders have it where nobody has said otherwise: what comes so soon after belongs to what was heard. */
const COOLDOWN_MS = { critical: 60_000, warning: 300_000, info: 0 } as const

export class Sounding {
  /** When each camera and rule was heard last, by the server's clock, and whether as critical. */
  private readonly heard = new Map<string, { at: number; critical: boolean }>()

  /** Whether it is heard; `quiet`: nobody is to be told of it. */
  hears(alert: Alert, now: number, quiet: boolean): boolean {
    if (alert.severity === 'info' || quiet || alert.quiet || alert.chain?.state === 'joined' || now - Date.parse(alert.opened_at) >= RECENT_MS) return false
    for (const [one, { at }] of this.heard) if (now - at > COOLDOWN_MS.warning) this.heard.delete(one)
    const group = alert.camera === null || alert.rule === null ? alert.id : `${alert.camera} ${alert.rule}`
    const last = this.heard.get(group)
    const critical = alert.severity === 'critical'
    // What is graver than what was heard calls by itself, and is heard.
    if (last && (last.critical || !critical) && now >= last.at && now - last.at < COOLDOWN_MS[alert.severity]) return false
    this.heard.set(group, { at: now, critical })
    return true
  }
}
