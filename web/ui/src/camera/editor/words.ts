// How zones and rules are called and summed up.
import i18n, { word } from '../../i18n'
import type { Rule, Severity, Zone } from '../../api/types'
import { number, span } from '../../time/format'
import type { Difference } from './differences'
import { dwellOf } from './draft'

export const zoneTitle = (zone: Zone) => zone.name ?? zone.id

/** "Xâm nhập vùng cấm · Cửa sau" */
export function ruleTitle(rule: Rule, zones: readonly Zone[]): string {
  const zone = zones.find((one) => one.id === rule.zone)
  return [word('kind', rule.kind), zone ? zoneTitle(zone) : rule.zone].filter(Boolean).join(' · ')
}

export const defaultSeverity = (kind: string): Severity => (kind === 'zone_breach' || kind === 'line_crossing' ? 'critical' : 'warning')

/** When, how many, after how long and how severe, in one line. */
export function ruleSummary(rule: Rule): string {
  const parts = [rule.schedule?.replace('-', '–') ?? i18n.t('editor.always')]
  if (rule.max !== undefined) parts.push(i18n.t('ruleSum.max', { count: rule.max }))
  if (rule.min !== undefined) parts.push(i18n.t('ruleSum.min', { count: rule.min }))
  if (rule.kind === 'line_crossing') parts.push(i18n.t(`direction.${rule.direction ?? 'both'}`))
  if (dwellOf(rule) > 0) parts.push(i18n.t('ruleSum.dwell', { time: seconds(dwellOf(rule)) }))
  parts.push(word('severity', rule.severity ?? defaultSeverity(rule.kind)))
  return parts.join(' · ')
}

/** "1,5 giây", "2 phút": below a minute to the tenth. */
export const seconds = (value: number) =>
  value < 60 ? i18n.t('figure.seconds', { value: number(value, Number.isInteger(value) ? 0 : 1) }) : span(value * 1000)

/** "Quy tắc: Xâm nhập vùng cấm · Cửa sau"; `zones` are those that the rule may name. */
export const differenceText = ({ what, item }: Difference, zones: readonly Zone[]): string =>
  what === 'zone' ? `${word('zoneName', item.kind)}: ${zoneTitle(item as Zone)}` : `${i18n.t('editor.rule')}: ${ruleTitle(item as Rule, zones)}`
