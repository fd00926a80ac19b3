// What an alert is about, as names and values: where, when, who, by which rule, and what the rule found.
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { useCamera, useSites } from '../api/queries'
import type { Alert } from '../api/types'
import { word } from '../i18n'
import { moment } from '../time/format'
import { lasting } from './AlertCard'
import { isOfSite } from './places'

export function AlertFacts({ alert }: { alert: Alert }) {
  const { t } = useTranslation()
  const site = useSites().data?.find((one) => one.id === alert.site)
  const camera = useCamera(alert.camera).data
  const zone = camera?.zones.find((one) => one.id === alert.zone)
  const facts: [string, React.ReactNode][] = [
    [t('alerts.site'), site?.name ?? alert.site],
    [t('alerts.opened'), moment(alert.opened_at)],
    [t('alerts.ended'), alert.ended_at ? `${moment(alert.ended_at)} (${lasting(alert, t)})` : t('alerts.ongoing')],
  ]
  if (!isOfSite(alert)) {
    facts.splice(1, 0, [t('alerts.camera'), <Link key="camera" href={`/cameras/${alert.camera}`}>{camera?.name ?? alert.camera}</Link>])
  }
  if (alert.persons !== null && !isOfSite(alert)) facts.push([t('alerts.persons'), alert.persons])
  if (alert.zone) facts.push([t('alerts.zone'), zone?.name ?? alert.zone])
  if (alert.rule) facts.push([t('alerts.rule'), alert.rule])
  for (const [name, value] of Object.entries(alert.detail ?? {})) {
    const said = detailOf(name, value)
    if (said) facts.push([word('detail', name), said])
  }
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
  if (name === 'since') return moment(value)
  if (name === 'reason') return word('reason', String(value))
  if (name === 'cause') return word('endCause', String(value))
  return String(value)
}
