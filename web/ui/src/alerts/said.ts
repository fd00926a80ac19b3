// What an alert says, in the words of who reads it: what was found where, since when, for how long. Pure but for language.
import type { Alert } from '../api/types'
import i18n, { hasWord, word } from '../i18n'
import { duration, moment } from '../time/format'

type Said = Pick<Alert, 'kind' | 'zone' | 'persons' | 'detail' | 'opened_at' | 'ended_at'>

/** When it began: before it was raised, where that took its time. Milliseconds UTC. */
export function beganAt(alert: Said): number {
  const opened = Date.parse(alert.opened_at)
  const since = alert.detail?.since
  const began = typeof since === 'string' ? Date.parse(since) : NaN
  return began <= opened ? began : opened
}

/** How many an alert of this kind is about: whoever crosses a line twice is one person and two crossings. */
export const manyOf = (kind: string, count: number): string => i18n.t(kind === 'line_crossing' ? 'said.crossings' : 'tile.persons', { count })

/** How long it lasted, or has lasted `now`. Milliseconds. */
export const lastedMs = (alert: Said, now: number): number =>
  Math.max(0, (alert.ended_at ? Date.parse(alert.ended_at) : now) - beganAt(alert))

/** Its zone or line by name: as it was called when the alert was raised, else as `name` has it. */
export function zoneOf(alert: Said, name?: string): string | null {
  const then = alert.detail?.zone_name
  return typeof then === 'string' && then ? then : (name ?? alert.zone)
}

const isUnrecorded = (alert: Pick<Said, 'kind' | 'detail'>) => alert.kind === 'site_unreachable' && alert.detail?.reason === 'worker_lost'

/** What it is called: of a clock that nobody keeps nothing is known to deviate, and a site whose recorder stopped is not cut off. */
export function kindOf(alert: Pick<Said, 'kind' | 'detail'>): string {
  const reason = alert.detail?.reason
  if (isUnrecorded(alert)) return word('kind', 'site_unrecorded')
  return word('kind', alert.kind === 'clock' && reason === 'unsynchronized' ? 'clock_unsynchronized' : alert.kind)
}

/** The rule behind it, by kind and place. */
export function ruleOf(alert: Said, name?: string): string {
  const zone = zoneOf(alert, name)
  return zone ? `${word('kind', alert.kind)} · ${quoted(zone)}` : word('kind', alert.kind)
}

/** "1 person in zone “Exit”"; empty where there is nothing to say beyond its kind. */
export function saidOf(alert: Said, name?: string): string {
  const { t } = i18n
  const zone = zoneOf(alert, name)
  const where = zone ? t('said.inZone', { zone: quoted(zone) }) : t('said.inPicture')
  const count = alert.persons ?? 0
  const detail = alert.detail ?? {}
  switch (alert.kind) {
    case 'zone_breach':
      return t('said.breach', { count, where })
    case 'loitering':
      return t('said.loitering', { count, where })
    case 'line_crossing':
      return crossings(detail, count, zone)
    case 'occupancy':
      return typeof detail.max === 'number' ? t('said.max', { count, where, limit: detail.max }) : t('said.min', { count: amount(detail.min), where })
    case 'absence':
      return t('said.absence', { where })
    case 'tamper':
      return typeof detail.tamper === 'string' ? t('said.tamper', { how: word('tamper', detail.tamper) }) : ''
    case 'site_unreachable':
      return Array.isArray(detail.cameras) ? t(isUnrecorded(alert) ? 'said.siteUnrecorded' : 'said.site', { count: detail.cameras.length }) : ''
    default:
      return typeof detail.reason === 'string' ? because(detail.reason) : ''
  }
}

/** The same with its time: "1 person in zone “Exit” from 21:03:12, 14 s". */
export function saidWhole(alert: Said, now: number, name?: string): string {
  const what = saidOf(alert, name) || kindOf(alert)
  const when = { what, time: moment(beganAt(alert)), span: duration(lastedMs(alert, now)) }
  return i18n.t(alert.ended_at ? 'said.over' : 'said.ongoing', when)
}

/** The ways in which a line was crossed. */
export const waysOf = (detail: Alert['detail']) => (['a_to_b', 'b_to_a'] as const).filter((way) => amount(detail?.[way]) > 0)

function crossings(detail: Record<string, unknown>, persons: number, zone: string | null): string {
  const ways = waysOf(detail)
  const line = zone ? quoted(zone) : ''
  const [first, second] = ways
  const all = i18n.t('said.crossed', { count: first ? ways.reduce((sum, way) => sum + amount(detail[way]), 0) : persons, line })
  if (!first) return all
  if (!second) return `${all}, ${i18n.t(`crossed.${first}`)}`
  return `${all}: ${ways.map((way) => `${amount(detail[way])} ${i18n.t(`crossed.${way}`)}`).join(', ')}`
}

function because(reason: string): string {
  const said = hasWord('nodeReason', reason) ? word('nodeReason', reason) : word('reason', reason)
  return said.charAt(0).toLocaleUpperCase() + said.slice(1)
}

const quoted = (name: string) => i18n.t('said.quoted', { name })
const amount = (value: unknown): number => (typeof value === 'number' ? value : 0)
