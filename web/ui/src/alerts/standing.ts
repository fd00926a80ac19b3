// Where an alert stands: that it goes on is one thing, who took it another. Pure.
import type { Alert } from '../api/types'

/** Somebody took it on, or has dealt with it. */
export const isTaken = (alert: Pick<Alert, 'state'>) => alert.state === 'acknowledged' || alert.state === 'resolved'

/** Who took it on; null: nobody did. */
export const takenBy = (alert: Pick<Alert, 'steps'>): string | null =>
  alert.steps.find((step) => step.kind === 'acknowledged')?.by ?? null

/** What one looks at before the wall is calm: it goes on, and nobody has said that it is dealt with. */
export const isOpen = (alert: Pick<Alert, 'state' | 'ended_at'>) => alert.ended_at === null && alert.state !== 'resolved'
