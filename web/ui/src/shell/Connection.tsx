// Whether the server is heard, and when alerts were last proven to come the whole way from each site.
import { useTranslation } from 'react-i18next'
import { shortSite } from '../alerts/places'
import { useCanaries, type Canary } from '../api/canaries'
import { connection } from '../api/connection'
import { useSites } from '../api/queries'
import { TouchHint } from '../controls/Hint'
import { useStore } from '../preferences/store'
import { moment } from '../time/format'
import { usePermission } from './shellState'

export function Connection() {
  const { t } = useTranslation()
  const { state } = useStore(connection)
  const canaries = useCanaries(usePermission('system.view')).data ?? []
  const late = canaries.filter((one) => one.state !== 'fresh')
  const wrong = state === 'up' && late.length > 0
  const shown = (
    <span className="connection" data-state={wrong ? 'doubtful' : state} role="status" tabIndex={canaries.length > 0 ? 0 : undefined}>
      <i className={`mark ${state === 'up' ? (wrong ? 'disc' : 'running') : state === 'doubtful' ? 'disc' : 'cross'}`} />
      <span className="summary-word">{wrong ? t('canary.lateShort') : t(`connection.${state}`)}</span>
    </span>
  )
  return canaries.length > 0 ? <TouchHint text={<Proven canaries={canaries} late={late} />}>{shown}</TouchHint> : shown
}

const seenAt = (one: Canary) => one.told_at ?? one.stored_at ?? one.sent_at

function Proven({ canaries, late }: { canaries: readonly Canary[]; late: readonly Canary[] }) {
  const { t } = useTranslation()
  const names = new Map(useSites().data?.map((site) => [site.id, shortSite(site.name)]))
  // The one that was proven longest ago is what one may rely on.
  const oldest = canaries.flatMap((one) => seenAt(one) ?? []).sort((a, b) => Date.parse(a) - Date.parse(b))[0]
  return (
    <span className="storage-hint">
      {late.length === 0 ? <b>{t('canary.proven', { time: oldest ? moment(oldest, false) : '–' })}</b> : <b>{t('canary.late')}</b>}
      {late.map((one) => {
        const at = seenAt(one)
        return <span key={`${one.site} ${one.node}`}>{names.get(one.site) ?? one.site}: {at ? t('canary.since', { time: moment(at, false) }) : t('canary.never')}</span>
      })}
    </span>
  )
}
