// By site: how many of which severity, how many taken on, missed, still open, and how soon.
import { useTranslation } from 'react-i18next'
import { AlertMark } from '../alerts/AlertMark'
import { shortSite } from '../alerts/places'
import { useSites } from '../api/queries'
import type { Report } from '../api/reports'
import { took } from './words'

const SEVERITIES = ['critical', 'warning', 'info'] as const

export function SitesTable({ report }: { report: Report }) {
  const { t } = useTranslation()
  const names = new Map(useSites().data?.map((site) => [site.id, shortSite(site.name)]))
  const rows = report.sites.filter((one) => one.opened > 0)
  const most = Math.max(1, ...rows.map((one) => one.opened))
  if (rows.length === 0) return null
  return (
    <section>
      <h3>{t('report.bySite')}</h3>
      <div className="report-table">
        <table>
          <thead>
            <tr>
              <th scope="col">{t('filter.site')}</th><th scope="col" className="report-bars">{t('report.opened')}</th>
              {(['acknowledged', 'missed', 'open', 'quiet'] as const).map((name) => <th key={name} scope="col">{t(`report.${name}`)}</th>)}
              <th scope="col">{t('report.halfShort')}</th><th scope="col">{t('report.mostShort')}</th><th scope="col">{t('report.slowestShort')}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((one) => (
              <tr key={one.site}>
                <th scope="row">{names.get(one.site) ?? one.site}</th>
                <td className="report-bars">
                  <b>{one.opened}</b>
                  <span className="report-bar stacked" style={{ width: `${(one.opened / most) * 100}%` }} aria-hidden="true">
                    {SEVERITIES.map((severity) => <i key={severity} data-severity={severity} style={{ flexGrow: one.by_severity[severity] ?? 0 }} />)}
                  </span>
                  <span className="report-severities">
                    {SEVERITIES.filter((severity) => one.by_severity[severity]).map((severity) => <span key={severity}><AlertMark severity={severity} /> {one.by_severity[severity]}</span>)}
                  </span>
                </td>
                <td>{one.acknowledged}</td>
                <td className={one.missed > 0 ? 'breach' : undefined}>{one.missed}</td>
                <td>{one.open}</td>
                <td>{one.quiet}</td>
                <td>{took(one.ack_p50_s)}</td>
                <td>{took(one.ack_p95_s)}</td>
                <td>{took(one.ack_max_s)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
