// On a telephone one tap takes an alert on: no dialogue, no word that has to be found at night.
import { actOnAlert, AlreadyDone } from '../api/actions'
import type { Alert } from '../api/types'
import { explain } from '../controls/states'
import { tell } from '../controls/toasts'
import i18n, { word } from '../i18n'
import { clock } from '../time/format'
import { kindOf } from './said'

const underWay = new Set<string>()

/** `group`: how many of its group are known to wait. Says that it is on its way, what came of it, who was first; what did not reach the server can be tried again. */
export async function takeOn(alert: Alert, group = 1): Promise<void> {
  if (underWay.has(alert.id)) return
  underWay.add(alert.id)
  const sending = tell(i18n.t('push.sending'))
  try {
    await actOnAlert(alert.id, 'ack', '', true)
    tell(i18n.t('act.acked', { kind: kindOf(alert) }) + (group > 1 ? ` ×${group}` : ''))
  } catch (cause) {
    if (cause instanceof AlreadyDone) {
      const step = cause.alert.steps.findLast((one) => one.by !== null)
      tell(step ? i18n.t('act.first', { by: step.by, time: clock(step.at), what: word('step', step.kind) }) : cause.detail, 'breach')
    } else tell(explain(cause, i18n.t), 'breach', { label: i18n.t('action.retry'), run: () => void takeOn(alert, group) })
  } finally {
    sending()
    underWay.delete(alert.id)
  }
}
