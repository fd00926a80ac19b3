// The report in few figures: how many, of what kinds, how soon taken on.
import { useTranslation } from 'react-i18next'
import type { Report } from '../api/reports'
import { word } from '../i18n'
import { kindsOf, soonness, sum, took } from './words'

export function Headline({ report }: { report: Report }) {
  const { t } = useTranslation()
  const { sites } = report
  const opened = sum(sites, 'opened')
  const missed = sum(sites, 'missed')
  const figures: [name: string, value: number, tone?: string | undefined][] = [
    [t('report.opened'), opened], [t('report.acknowledged'), sum(sites, 'acknowledged')], [t('report.missed'), missed, missed > 0 ? 'breach' : undefined],
    [t('report.open'), sum(sites, 'open')], [t('report.quiet'), sum(sites, 'quiet')],
  ]
  const only = sites.length === 1 ? sites[0] : undefined
  const slowest = sites.flatMap((one) => one.ack_max_s ?? [])
  const said = only ? soonness(only) : slowest.length > 0 ? [t('report.slowestAll', { span: took(Math.max(...slowest)) })] : []
  return (
    <section className="report-head">
      <dl className="report-figures">
        {figures.map(([name, value, tone]) => <div key={name} className={tone}><dt>{name}</dt><dd>{value}</dd></div>)}
      </dl>
      {said.length > 0 && <p className="report-said">{said.join(', ')}.</p>}
      <Kinds kinds={kindsOf(sites)} title={t('report.kinds')} />
      <Kinds kinds={kindsOf([{ by_kind: report.technical.by_kind ?? {} }])} title={t('report.technical')} />
    </section>
  )
}

function Kinds({ kinds, title }: { kinds: [string, number][]; title: string }) {
  const most = Math.max(1, ...kinds.map(([, count]) => count))
  if (kinds.length === 0) return null
  return (
    <section className="report-kinds">
      <h3>{title}</h3>
      <ul>
        {kinds.map(([kind, count]) => (
          <li key={kind}>
            <span>{word('kind', kind)}</span>
            <span className="report-bar" aria-hidden="true"><i style={{ width: `${(count / most) * 100}%` }} /></span>
            <b>{count}</b>
          </li>
        ))}
      </ul>
    </section>
  )
}
