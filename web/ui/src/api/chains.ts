// Whom an alert calls: its way up the ladder, and every attempt (docs/alerts.md).

/** An alert's way up its ladder. */
export interface Chain {
  state: 'due' | 'running' | 'stopped' | 'exhausted' | 'joined' | 'quiet' | 'none'
  /** That was called last, from 0. */
  rung: number | null
  next_at: string | null
  /** Who, or what, stopped it. */
  by: string | null
}

export interface Attempt {
  /** Null while it is due. */
  at: string | null
  channel: string
  attempt: number
  state: 'due' | 'sent' | 'failed' | 'skipped'
  took_ms: number | null
  answer: string | null
}

/** A rung that was called. */
export interface Call {
  rung: number
  round: number
  duty: string
  at: string
  deadline: string | null
  /** Nobody is named to who may not see the roster. */
  people: { user: string | null; stand_in: boolean; attempts: Attempt[] }[]
}

/** Alerts that are stored and shown, and told to nobody. */
export interface Quiet {
  id: string
  kind: 'snooze' | 'maintenance'
  site: string
  camera: string
  /** Null: all rules of the camera. */
  rule: string | null
  start: string
  until: string
  reason: string
  by: string
  created_at: string
  ended_at: string | null
  ended_by: string | null
  in_force: boolean
}
