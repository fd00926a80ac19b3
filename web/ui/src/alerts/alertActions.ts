// Dialogs about alerts that any page may open, and the permissions they need.
import type { Alert } from '../api/types'
import { Store } from '../preferences/store'
import { onPhone } from '../shell/phone'
import { usePermission } from '../shell/shellState'
import { isTaken } from './standing'
import { takeOn } from './takeOn'

export type Act = 'ack' | 'resolve'

/** What an action is done to: an alert, or with it every open one of its group. */
export interface Target {
  alert: Alert
  group: boolean
  /** Of how many alerts that is. */
  count: number
}

export interface AskedAction {
  alert: Alert
  action: Act
  /** How many of its group wait for the same; the whole group is meant, until one says otherwise. */
  group?: number
}

export const askedAction = new Store<AskedAction | null>(null)
export const askedForAll = new Store<{ targets: readonly Target[]; action: Act; onDone: () => void } | null>(null)
export const askedSnooze = new Store<Alert | null>(null)
export const muteOpen = new Store(false)

/** What the one who is signed in may do to alerts. */
export function useMayAct(): Record<Act | 'quiet', boolean> {
  return { ack: usePermission('alert.ack'), resolve: usePermission('alert.resolve'), quiet: usePermission('alert.quiet') }
}

export const canAck = (alert: Alert) => !isTaken(alert)
export const canResolve = (alert: Alert) => alert.state !== 'resolved'
export const can = (alert: Alert, action: Act) => (action === 'ack' ? canAck(alert) : canResolve(alert))
/** A rule of a camera can be kept quiet, once. */
export const canSnooze = (alert: Alert) => alert.camera !== null && !alert.quiet && alert.state !== 'resolved'

/** `group`: how many of its group wait for the same. */
export function ask(alert: Alert | null | undefined, action: Act, group = 1): void {
  if (!alert || !can(alert, action)) return
  if (action === 'ack' && onPhone()) void takeOn(alert, group)
  else askedAction.set(group > 1 ? { alert, action, group } : { alert, action })
}

export function askSnooze(alert: Alert | null | undefined): void {
  if (alert && canSnooze(alert)) askedSnooze.set(alert)
}
