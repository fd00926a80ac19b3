// What every page has to say because everything else on it depends on it: server lost, bus lost, counting in doubt.
import { CloudOff, Lock, ScanEye, Unplug } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useQueryClient } from '@tanstack/react-query'
import { connection } from '../api/connection'
import { useSystem } from '../api/queries'
import { useStore } from '../preferences/store'
import { clock, moment, span } from '../time/format'
import { useNow } from './ticking'

export function Banners() {
  const { t } = useTranslation()
  const client = useQueryClient()
  const system = useSystem()
  const { state, since } = useStore(connection)
  useNow()
  return (
    <div className="banners" role="alert">
      {state === 'down' && (
        <p className="banner breach">
          <CloudOff size={17} />
          <span>
            {t('banner.server', { time: clock(since), age: span(Date.now() - since) })} <small>{t('banner.serverHint')}</small>
          </span>
          <button className="button" onClick={() => {
            window.dispatchEvent(new Event('online'))
            void client.invalidateQueries()
          }}>
            {t('action.retryNow')}
          </button>
        </p>
      )}
      {state === 'refused' && (
        <p className="banner breach">
          <Lock size={17} />
          <span>{t('banner.refused')} <small>{t('banner.refusedHint')}</small></span>
          <button className="button" onClick={() => location.reload()}>{t('action.retryNow')}</button>
        </p>
      )}
      {state !== 'down' && system.data && !system.data.bus.connected && (
        <p className="banner breach">
          <Unplug size={17} />
          <span>
            {system.data.bus.since ? t('banner.busSince', { time: moment(system.data.bus.since) }) : t('banner.bus')}{' '}
            <small>{t('banner.busHint')}</small>
          </span>
        </p>
      )}
      {system.data?.detection.fallback && (
        <p className="banner attention">
          <ScanEye size={17} />
          <span>
            {t('banner.fallback')} <small>{t('banner.fallbackHint')}{system.data.detection.detail && ` (${system.data.detection.detail})`}</small>
          </span>
        </p>
      )}
    </div>
  )
}
