// Alerts of a group as one row of the list, or, where it is opened, as the newest with the others under it. Pure.
import type { Alert } from '../api/types'
import { isTaken } from './standing'
import { can, type Act, type Target } from './alertActions'

export interface Row {
  /** The newest of its group; of a row under it that one. */
  alert: Alert
  group: string
  /** What the row stands for, newest first: the whole group while it is closed, else the alert alone. */
  members: Alert[]
  /** How many alerts the group has. */
  size: number
  open: boolean
  /** Under the newest of its group. */
  under: boolean
}

export const groupOf = (alert: Pick<Alert, 'id' | 'group'>) => alert.group ?? alert.id

/** Stays the same while a closed group grows. */
export const keyOf = (row: Row) => (row.open || row.under ? row.alert.id : row.group)

/** In the order of `alerts` (newest first); a group stands where its newest does. */
export function rowsOf(alerts: readonly Alert[], opened: ReadonlySet<string>): Row[] {
  const groups = new Map<string, Alert[]>()
  for (const alert of alerts) {
    const members = groups.get(groupOf(alert))
    if (members) members.push(alert)
    else groups.set(groupOf(alert), [alert])
  }
  return [...groups].flatMap(([group, members]) => {
    const open = members.length > 1 && opened.has(group)
    const row = (alert: Alert, of: Alert[], under: boolean): Row => ({ alert, group, members: of, size: members.length, open, under })
    const [newest] = members
    if (!newest) return []
    return open ? members.map((one, index) => row(one, [one], index > 0)) : [row(newest, members, false)]
  })
}

/** Which of a row's alerts tells where it stands: of those that wait the one whose chain calls for all. */
export function tellingOf({ alert, members }: Pick<Row, 'alert' | 'members'>): Alert {
  if (isTaken(alert) || alert.chain?.state !== 'joined') return alert
  return members.find((one) => !isTaken(one) && one.chain && ['due', 'running', 'exhausted', 'quiet'].includes(one.chain.state)) ?? alert
}

export const rowOf = (rows: readonly Row[], id: string | null) => rows.findIndex((row) => row.members.some((one) => one.id === id))

/** What `action` is done to for this row: where the newest is dealt with already, the next that is not. */
export function targetOf(row: Row, action: Act): Target | null {
  const waiting = row.members.filter((one) => can(one, action))
  const [alert] = waiting
  return alert ? { alert, group: row.members.length > 1, count: waiting.length } : null
}
