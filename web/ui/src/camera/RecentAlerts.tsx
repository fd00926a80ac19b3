// The last alerts of one camera.
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { AlertCard } from '../alerts/AlertCard'
import { useAlertPages } from '../api/queries'
import { Empty, Failed, Skeletons } from '../controls/states'

const SHOWN = 8

export function RecentAlerts({ camera }: { camera: string }) {
  const { t } = useTranslation()
  const alerts = useAlertPages({ camera })
  const list = (alerts.data?.pages.flatMap((page) => page.items) ?? []).slice(0, SHOWN)
  return (
    <section className="panel">
      <h2>
        {t('camera.recent')}
        <Link href={`/alerts?camera=${camera}`}>{t('camera.allAlerts')}</Link>
      </h2>
      {alerts.isPending ? (
        <Skeletons className="alert-skeletons" count={3} height={66} />
      ) : alerts.isError && list.length === 0 ? (
        <Failed error={alerts.error} what={t('alerts.failed')} onRetry={() => void alerts.refetch()} />
      ) : list.length === 0 ? (
        <Empty title={t('camera.noAlerts')} text={t('camera.noAlertsText')} />
      ) : (
        <ul className="alert-cards">
          {list.map((alert) => (
            <li key={alert.id}>
              <AlertCard alert={alert} here />
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
