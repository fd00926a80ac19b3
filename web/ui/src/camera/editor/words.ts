// How zones and rules are called and summed up, and what became of them.
import i18n, { word } from '../../i18n'
import type { Analysis, Rule, Severity, Zone } from '../../api/types'
import { number, span } from '../../time/format'
import { pointsOf } from '../geometry'
import type { Difference } from './differences'
import { dwellOf, rearmOf } from './draft'
import { bareId } from './masks'

export const zoneTitle = (zone: Zone) => zone.name ?? bareId(zone.id)

const zoneWords = (id: string | undefined, zones: readonly Zone[]) => {
  const zone = zones.find((one) => one.id === id)
  return zone ? zoneTitle(zone) : id
}

export const defaultSeverity = (kind: string): Severity => (kind === 'zone_breach' || kind === 'line_crossing' ? 'critical' : 'warning')

type Feature = 'schedule' | 'count' | 'direction' | 'dwell' | 'severity' | 'rearm'
/** In the order in which a rule is summed up. */
const FEATURES: readonly Feature[] = ['schedule', 'count', 'direction', 'dwell', 'severity', 'rearm']

/** When, how many, which way, after how long, how severe; a text is empty where the rule says nothing of it. */
function featuresOf(rule: Rule): Record<Feature, string> {
  const counts = [rule.max !== undefined && i18n.t('ruleSum.max', { count: rule.max }), rule.min !== undefined && i18n.t('ruleSum.min', { count: rule.min })]
  return {
    // Joined, so that no line ends between the two.
    schedule: rule.schedule?.replace('-', '\u2060–\u2060') ?? i18n.t('editor.always'),
    count: counts.filter(Boolean).join(' · '),
    direction: rule.kind === 'line_crossing' ? i18n.t(`direction.${rule.direction ?? 'both'}`) : '',
    dwell: dwellOf(rule) > 0 ? i18n.t('ruleSum.dwell', { time: seconds(dwellOf(rule)) }) : '',
    severity: word('severity', rule.severity ?? defaultSeverity(rule.kind)),
    rearm: i18n.t('ruleSum.rearm', { time: seconds(rearmOf(rule)) }),
  }
}

export interface RuleWords {
  /** "Xâm nhập vùng · Cửa sau", and what tells it from others that would be called the same: " · 22:00–05:00". */
  title: string
  /** The rest of what it says, in one line. */
  text: string
}

/** How each of a camera's rules is called, by its id: no two alike. */
export function ruleWords(rules: readonly Rule[], zones: readonly Zone[]): Map<string, RuleWords> {
  const alike = new Map<string, Rule[]>()
  for (const rule of rules) {
    const name = [word('kind', rule.kind), zoneWords(rule.zone, zones)].filter(Boolean).join(' · ')
    alike.set(name, [...(alike.get(name) ?? []), rule])
  }
  return new Map([...alike].flatMap(([name, group]) => apart(name, group)))
}

function apart(name: string, group: readonly Rule[]): [string, RuleWords][] {
  const said = group.map((rule) => ({ id: rule.id, features: featuresOf(rule) }))
  const differing = FEATURES.filter((feature) => new Set(said.map(({ features }) => features[feature])).size > 1)
  const choices = subsets(differing)
  const counts = new Map<string, number>()
  return said.map(({ id, features }) => {
    const tells = (some: readonly Feature[]) => said.every((other) => other.id === id || some.some((one) => other.features[one] !== features[one]))
    // The fewest words that no other of them has together; all there are where some are alike in everything.
    const told = choices.find((some) => tells(some) && some.every((one) => features[one] !== '')) ?? differing
    const title = [name, ...told.map((one) => features[one])].filter(Boolean).join(' · ')
    const count = (counts.get(title) ?? 0) + 1
    counts.set(title, count)
    const text = FEATURES.filter((one) => one !== 'rearm' && !told.includes(one)).map((one) => features[one]).filter(Boolean).join(' · ')
    return [id, { title: count > 1 ? `${title} (${count})` : title, text }]
  })
}

/** All of them, the smallest first; among equals those of what comes first. */
function subsets<T>(items: readonly T[]): T[][] {
  const all = Array.from({ length: 2 ** items.length }, (_, bits) => items.filter((_, index) => bits & (1 << index)))
  return all.sort((a, b) => a.length - b.length)
}

/** "1,5 giây", "2 phút": below a minute to the tenth. */
export const seconds = (value: number) =>
  value < 60 ? i18n.t('figure.seconds', { value: number(value, Number.isInteger(value) ? 0 : 1) }) : span(value * 1000)

/** "Quy tắc: Xâm nhập vùng · Cửa sau"; `all` is everything that the difference may be called apart from, or names. */
export function differenceText({ what, item }: Difference, all: Analysis): string {
  if (what === 'zone') return `${word('zoneName', item.kind)}: ${zoneTitle(item as Zone)}`
  return `${i18n.t('editor.rule')}: ${ruleWords(all.rules, all.zones).get(item.id)?.title ?? word('kind', item.kind)}`
}

/** What became of a changed zone or rule, thing by thing: "Luôn luôn → 22:00–05:00". */
export function changesText({ what, item, was }: Difference, zones: readonly Zone[]): string[] {
  if (!was) return []
  if (what === 'zone') return zoneChanges(was as Zone, item as Zone)
  const [before, after] = [was as Rule, item as Rule]
  const [old, now] = [featuresOf(before), featuresOf(after)]
  const lookedAt = (rule: Rule) => zoneWords(rule.zone, zones) ?? i18n.t('editor.wholePicture')
  return [
    turned(word('kind', before.kind), word('kind', after.kind)),
    turned(lookedAt(before), lookedAt(after)),
    ...FEATURES.map((feature) => turned(old[feature] || '–', now[feature] || '–')),
  ].filter(Boolean)
}

function zoneChanges(before: Zone, after: Zone): string[] {
  const shape = JSON.stringify(pointsOf(before)) !== JSON.stringify(pointsOf(after))
  return [
    turned(zoneTitle(before), zoneTitle(after)), turned(word('zoneName', before.kind), word('zoneName', after.kind)),
    shape ? i18n.t('quarrel.shape') : '',
  ].filter(Boolean)
}

const turned = (before: string, after: string) => (before === after ? '' : `${before} → ${after}`)
