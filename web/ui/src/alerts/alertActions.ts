// Dialogs about alerts that any page may open, and the permissions they need.
import type { Alert } from '../api/types'
import { Store } from '../preferences/store'
import { usePermission } from '../shell/shellState'
import { isTaken } from './standing'

export interface AskedAction {
  alert: Alert
  action: 'ack' | 'resolve'
}

export const askedAction = new Store<AskedAction | null>(null)
export const muteOpen = new Store(false)

/** What the one who is signed in may do to alerts. */
export function useMayAct(): Record<AskedAction['action'], boolean> {
  return { ack: usePermission('alert.ack'), resolve: usePermission('alert.resolve') }
}

export const canAck = (alert: Alert) => !isTaken(alert)
export const canResolve = (alert: Alert) => alert.state !== 'resolved'

export function ask(alert: Alert | null | undefined, action: 'ack' | 'resolve'): void {
  if (!alert || !(action === 'ack' ? canAck(alert) : canResolve(alert))) return
  askedAction.set({ alert, action })
}
