// What an alert is about, as names and values: where, when, who, by which rule, and what the rule found.
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { useCamera, useSites } from '../api/queries'
import type { Alert } from '../api/types'
import i18n, { hasWord, word } from '../i18n'
import { bytes, duration, moment, number } from '../time/format'
import { isOfSite, nodeName } from './places'
import { beganAt, lastedMs, ruleOf } from './said'

/** Said elsewhere: in the sentence above, as its beginning, in the name of its rule. */
const SAID = new Set(['since', 'zone_name', 'most', 'dwell_s', 'a_to_b', 'b_to_a'])

export function AlertFacts({ alert }: { alert: Alert }) {
  const { t } = useTranslation()
  const site = useSites().data?.find((one) => one.id === alert.site)
  const camera = useCamera(alert.camera).data
  const zone = camera?.zones.find((one) => one.id === alert.zone)
  const facts: [string, React.ReactNode][] = [
    alert.node ? [t('alerts.node'), alert.node === '_web' ? nodeName(t, alert.node) : alert.node] : [t('alerts.site'), site?.name ?? alert.site],
    [t('alerts.opened'), moment(beganAt(alert))],
    [t('alerts.ended'), alert.ended_at ? `${moment(alert.ended_at)} (${duration(lastedMs(alert, 0))})` : t('alerts.ongoing')],
  ]
  if (!isOfSite(alert) && alert.camera !== null) {
    facts.splice(1, 0, [t('alerts.camera'), <Link key="camera" href={`/cameras/${alert.camera}`}>{camera?.name ?? alert.camera}</Link>])
  }
  if (alert.persons && !isOfSite(alert)) facts.push([t(alert.kind === 'line_crossing' ? 'alerts.crossings' : 'alerts.persons'), alert.persons])
  if (alert.rule && !alert.node) facts.push([t('alerts.rule'), ruleOf(alert, zone?.name)])
  for (const [name, value] of Object.entries(alert.detail ?? {})) {
    // The sentence gives it, but for a site, of which it says how many cameras.
    if (SAID.has(name) || (name === 'reason' && alert.kind !== 'site_unreachable')) continue
    const said = detailOf(name, value)
    if (said) facts.push([word('detail', name), said])
  }
  const reason = alert.detail?.reason
  if (typeof reason === 'string' && hasWord('remedy', reason)) facts.push([t('alerts.remedy'), word('remedy', reason)])
  return (
    <dl className="figures alert-facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function detailOf(name: string, value: unknown): string | null {
  if (Array.isArray(value)) return String(value.length)
  if (typeof value !== 'string' && typeof value !== 'number') return null
  if (name === 'since' || name.endsWith('_at')) return moment(value)
  if (name === 'reason') return word('reason', String(value))
  if (typeof value === 'number' && name.endsWith('_bytes')) return bytes(value)
  if (typeof value === 'number' && name.endsWith('_s')) return seconds(value)
  if (typeof value === 'number' && !Number.isInteger(value)) return number(value, 1)
  if (name === 'tamper') return word('tamper', String(value))
  if (name === 'cause') return word('endCause', String(value))
  return String(value)
}

/** As a clock's offset is told: tenths where they matter, minutes and hours where it is far off. */
function seconds(value: number): string {
  if (Math.abs(value) < 10) return i18n.t('figure.seconds', { value: number(value, 1) })
  return `${value < 0 ? '−' : ''}${duration(Math.abs(value) * 1000)}`
}
