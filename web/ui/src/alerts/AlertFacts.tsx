// What an alert is about, as names and values: where, when, who, by which rule, and what the rule found.
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { useCamera, useSites } from '../api/queries'
import type { Alert } from '../api/types'
import { hasWord, word } from '../i18n'
import { bytes, moment, number } from '../time/format'
import { lasting } from './AlertCard'
import { isOfSite } from './places'

export function AlertFacts({ alert }: { alert: Alert }) {
  const { t } = useTranslation()
  const site = useSites().data?.find((one) => one.id === alert.site)
  const camera = useCamera(alert.camera).data
  const zone = camera?.zones.find((one) => one.id === alert.zone)
  const facts: [string, React.ReactNode][] = [
    alert.node ? [t('alerts.node'), alert.node] : [t('alerts.site'), site?.name ?? alert.site],
    [t('alerts.opened'), moment(alert.opened_at)],
    [t('alerts.ended'), alert.ended_at ? `${moment(alert.ended_at)} (${lasting(alert, t)})` : t('alerts.ongoing')],
  ]
  if (!isOfSite(alert) && alert.camera !== null) {
    facts.splice(1, 0, [t('alerts.camera'), <Link key="camera" href={`/cameras/${alert.camera}`}>{camera?.name ?? alert.camera}</Link>])
  }
  if (alert.persons !== null && !isOfSite(alert)) facts.push([t('alerts.persons'), alert.persons])
  if (alert.zone) facts.push([t('alerts.zone'), zone?.name ?? alert.zone])
  if (alert.rule && !alert.node) facts.push([t('alerts.rule'), alert.rule])
  for (const [name, value] of Object.entries(alert.detail ?? {})) {
    const said = detailOf(name, value, alert.node ? 'nodeReason' : 'reason')
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

function detailOf(name: string, value: unknown, reasons: 'reason' | 'nodeReason'): string | null {
  if (Array.isArray(value)) return String(value.length)
  if (typeof value !== 'string' && typeof value !== 'number') return null
  if (name === 'since' || name.endsWith('_at')) return moment(value)
  if (name === 'reason') return reasons === 'reason' ? word('reason', String(value)) : word('nodeReason', String(value))
  if (typeof value === 'number' && name.endsWith('_bytes')) return bytes(value)
  if (typeof value === 'number' && !Number.isInteger(value)) return number(value, 1)
  if (name === 'tamper') return word('tamper', String(value))
  if (name === 'cause') return word('endCause', String(value))
  return String(value)
}
