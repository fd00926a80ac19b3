// What a shift came to: how many alerts, how soon they were taken on, which were missed, who did what. On screen, as CSV, on paper.
import { ArrowLeft, ClipboardList, Download, Printer } from 'lucide-react'
import { use, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { shortSite } from '../alerts/places'
import { useSites } from '../api/queries'
import { csvPath, useReport, type Report } from '../api/reports'
import { fromField, MomentField, toField } from '../controls/MomentField'
import { Empty, Failed, Skeletons, StaleNote } from '../controls/states'
import { NotYours } from '../rights/NotYours'
import { useSearchParts } from '../shell/location'
import { PageTools } from '../shell/PageTools'
import { SessionContext, usePermission, useTitle } from '../shell/shellState'
import { useNow } from '../shell/ticking'
import { datedStretch, moment } from '../time/format'
import { Headline } from './Headline'
import { Missed } from './Missed'
import { People } from './People'
import { SitesTable } from './SitesTable'
import { faultOf, PRESETS, spanOf, type Preset } from './span'
import { sum } from './words'

export function ReportPage() {
  const { t } = useTranslation()
  useTitle(t('nav.reports'))
  return usePermission('alert.view') ? <Chosen /> : <NotYours permission="alert.view" title={t('nav.reports')} />
}

function Chosen() {
  const { t } = useTranslation()
  const [search, setSearch] = useSearchParts()
  const sites = useSites()
  const now = useNow(60_000)
  const preset = PRESETS.find((one) => one === search.get('span')) ?? 'shift'
  const site = search.get('site')
  const free = preset === 'free'
  const [from, to] = [fromField(search.get('from') ?? ''), fromField(search.get('to') ?? '')]
  const fault = free ? faultOf(from, to) : null
  const span = free ? (fault === null ? { start: from ?? 0, end: to ?? 0 } : null) : spanOf(preset, now)
  const [start, end] = [span?.start ?? null, span?.end ?? null]
  const asked = useMemo(() => (start === null || end === null ? null : { start, end, site }), [start, end, site])
  const report = useReport(asked)
  const choose = (next: Preset) => {
    const shown = spanOf(preset, now)
    setSearch({ span: next === 'shift' ? null : next, ...(next === 'free' ? (shown ? { from: toField(shown.start), to: toField(shown.end) } : {}) : { from: null, to: null }) })
  }
  return (
    <div className="report-page scrolls">
      <PageTools>
        <Link className="button quiet icon" href="/alerts" aria-label={t('nav.alerts')}><ArrowLeft size={18} /></Link>
        <h1>{t('nav.reports')}</h1>
        {asked && <a className="button" href={csvPath(asked)} download aria-label={t('report.csv')}><Download size={15} /> <span className="desk-only">CSV</span></a>}
        <button className="button desk-only" disabled={!report.data} onClick={() => window.print()}><Printer size={15} /> {t('report.print')}</button>
      </PageTools>
      <div className="report-filters">
        <span className="segmented" role="group" aria-label={t('report.span')}>
          {PRESETS.map((one) => <button key={one} aria-pressed={preset === one} onClick={() => choose(one)}>{t(`reportSpan.${one}`)}</button>)}
        </span>
        <select className="select" aria-label={t('filter.site')} data-set={site !== null} value={site ?? ''} onChange={(event) => setSearch({ site: event.target.value || null })}>
          <option value="">{t('filter.anySite')}</option>
          {(sites.data ?? []).map((one) => <option key={one.id} value={one.id}>{shortSite(one.name)}</option>)}
        </select>
        {free && (['from', 'to'] as const).map((name) => (
          <MomentField key={name} label={t(`report.${name}`)} value={search.get(name) ?? ''} onChange={(value) => setSearch({ [name]: value })} />
        ))}
      </div>
      {fault ? <Empty fill title={t(`reportFault.${fault}`)} />
        : report.isPending ? <Skeletons className="report-loading padded" count={4} height={90} />
          : !report.data ? <Failed fill error={report.error} what={t('report.failed')} onRetry={() => void report.refetch()} />
            : (
              <>
                {report.isError && <StaleNote since={report.dataUpdatedAt} onRetry={() => void report.refetch()} />}
                <Shown report={report.data} stale={report.isPlaceholderData} at={report.dataUpdatedAt} />
              </>
            )}
    </div>
  )
}

function Shown({ report, stale, at }: { report: Report; stale: boolean; at: number }) {
  const { t } = useTranslation()
  const facility = use(SessionContext)?.facility.name
  const technical = report.technical.missed ?? 0
  const any = report.sites.some((one) => one.opened > 0) || (report.technical.opened ?? 0) > 0
  return (
    <article className="report" data-stale={stale}>
      <header>
        <h2>{t('report.title')} <span className="print-only">· {facility}</span></h2>
        <p className="secondary">{datedStretch(report.start, report.end, false)} · {t('report.asOf', { time: moment(at) })}</p>
      </header>
      {any ? (
        <>
          <Headline report={report} />
          <SitesTable report={report} />
          <Missed alerts={report.missed} technical={technical} count={sum(report.sites, 'missed') + technical} />
          <People people={report.people} />
        </>
      ) : <Empty icon={<ClipboardList size={28} strokeWidth={1.5} />} title={t('report.none')} text={t('report.noneText')} />}
    </article>
  )
}
