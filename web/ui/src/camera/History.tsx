// The last hours of a camera: what was recorded, why not, how many persons, which alerts.
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { TIMELINE_HOURS, useTimeline, useZoneCounts } from '../api/queries'
import type { CameraDetail } from '../api/types'
import { Failed } from '../controls/states'
import { recordingsAt } from '../recordings/address'
import { usePermission } from '../shell/shellState'
import { clock, number } from '../time/format'
import { CountPlot } from './CountPlot'
import { recordedShare, spansOf } from './timelineSpans'
import { TimelineStrip } from './TimelineStrip'

export function History({ camera }: { camera: CameraDetail }) {
  const { t } = useTranslation()
  const mayReplay = usePermission('recording.view')
  const zones = camera.zones.filter((zone) => zone.polygon)
  const [chosen, setChosen] = useState('')
  const zone = zones.some((one) => one.id === chosen) ? chosen : ''
  const counts = useZoneCounts(camera.id, zone)
  const timeline = useTimeline(camera.id)
  if (timeline.isError && !timeline.data) {
    return <section className="panel"><Failed error={timeline.error} what={t('history.failed')} onRetry={() => void timeline.refetch()} /></section>
  }
  if (!timeline.data) {
    return (
      <section className="panel history" role="status" aria-label={t('state.loading')}>
        <div className="skeleton" style={{ height: 34 }} />
        <div className="skeleton" style={{ height: 96 }} />
      </section>
    )
  }
  const data = timeline.data
  const end = Date.parse(data.end)
  const start = end - TIMELINE_HOURS * 3_600_000
  const spans = spansOf(data)
  const first = Math.max(Date.parse(data.start), Date.parse(data.first_at ?? data.start))
  const { share, since } = recordedShare(spans, start, end, first)
  const percent = number(share * 100, share > 0.9995 ? 0 : 1)
  return (
    <section className="panel history" data-stale={timeline.isError}>
      <div>
      <h2>
        {t('history.strip', { hours: TIMELINE_HOURS })}
        {mayReplay && <Link className="history-open" href={recordingsAt([camera.id], Math.floor((end - 60_000) / 1000) * 1000)}>{t('history.all')}</Link>}
        <span className="secondary">{since === null ? t('history.share', { share: percent }) : t('history.shareSince', { share: percent, time: clock(since, false) })}</span>
      </h2>
      <TimelineStrip camera={camera.id} start={start} end={end} spans={spans} alerts={data.alerts} />
      </div>
      <div>
      <h2>
        {t('history.plot', { hours: 3 })}
        {zones.length > 0 && (
          <select className="select plot-zone" aria-label={t('history.zone')} value={zone} onChange={(event) => setChosen(event.target.value)}>
            <option value="">{t('history.whole')}</option>
            {zones.map((one) => <option key={one.id} value={one.id}>{one.name ?? one.id}</option>)}
          </select>
        )}
        <span className="secondary">{clock(end - 3 * 3_600_000, false)} – {clock(end, false)}</span>
      </h2>
      <CountPlot counts={zone ? (counts.data?.counts ?? []) : data.counts} start={end - 3 * 3_600_000} end={end} gaps={spans.filter((one) => one.kind === 'gap')} />
      </div>
    </section>
  )
}
