// Six hours as a strip: recorded, gap with its cause, alerts as marks that can be opened.
import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { recordingsAt } from '../recordings/address'
import type { Alert } from '../api/types'
import { Hint, TouchHint } from '../controls/Hint'
import { word } from '../i18n'
import { usePermission } from '../shell/shellState'
import { clock, span as lasting } from '../time/format'
import { AlertMark } from '../alerts/AlertMark'
import { clusters, worst, type Span } from './timelineSpans'

const HOUR = 3_600_000

export function TimelineStrip(props: { camera: string; start: number; end: number; spans: Span[]; alerts: Alert[] }) {
  const { t } = useTranslation()
  const [, navigate] = useLocation()
  const title = useId()
  const mayReplay = usePermission('recording.view')
  const { start, end } = props
  const at = (time: number) => `${(Math.max(0, Math.min(1, (time - start) / (end - start))) * 100).toFixed(3)}%`
  const hours: number[] = []
  for (let hour = Math.ceil(start / HOUR) * HOUR; hour < end; hour += HOUR) {
    // A label at the very edge would hang over it.
    if (hour - start > HOUR / 5 && end - hour > HOUR / 5) hours.push(hour)
  }
  return (
    <div className="strip" role="group" aria-labelledby={title}>
      <span id={title} className="visually-hidden">{t('history.stripLabel')}</span>
      <div className="strip-band">
        {props.spans.filter((span) => span.end > start).map((span) => {
          const left = at(span.start)
          const style = { left, width: `calc(${at(span.end)} - ${left})` }
          const hint = (
            <>
              <strong>{span.kind === 'recorded' ? t('history.recorded') : t('history.gap', { cause: word('cause', span.cause) })}</strong>
              <br />
              {clock(span.start)} – {clock(span.end)} · {lasting(span.end - span.start)}
              {span.reason && <><br />{word('reason', span.reason)}</>}
            </>
          )
          const classes = `strip-span ${span.kind}${span.cause === 'disabled' ? ' disabled' : ''}`
          if (span.kind === 'recorded' && mayReplay) {
            return (
              <Hint key={`${span.kind}${span.start}`} text={<>{hint}<br />{t('history.open')}</>} side="top">
                <Link className={classes} style={style} href={recordingsAt([props.camera], span.start)} tabIndex={-1}
                  aria-label={t('history.open')} onClick={(event) => {
                    event.preventDefault()
                    const band = event.currentTarget.parentElement?.getBoundingClientRect()
                    const share = band ? (event.clientX - band.left) / band.width : 0
                    const there = Math.min(span.end - 1000, Math.max(span.start, start + share * (end - start)))
                    navigate(recordingsAt([props.camera], Math.floor(there / 1000) * 1000))
                  }} />
              </Hint>
            )
          }
          return (
            <TouchHint key={`${span.kind}${span.start}`} text={hint} side="top">
              <span className={classes} style={style} tabIndex={0} />
            </TouchHint>
          )
        })}
      </div>
      <div className="strip-alerts">
        {clusters(props.alerts, start, end).map((cluster) => {
          const [first, last, count] = [cluster[0], cluster[cluster.length - 1], cluster.length]
          if (!first || !last) return null
          const when = count === 1 ? clock(first.opened_at) : `${clock(first.opened_at)} – ${clock(last.opened_at)}`
          const what = count === 1 ? word('kind', first.kind) : t('history.alerts', { count })
          const to = count === 1 ? `/alerts/${first.id}` : `/alerts?camera=${first.camera}`
          return (
            <Hint key={first.id} side="top" text={<><strong>{what}</strong><br />{when}{count === 1 && ` · ${t(`alertState.${first.state}`)}`}</>}>
              <button className="strip-alert" style={{ left: at((Date.parse(first.opened_at) + Date.parse(last.opened_at)) / 2) }}
                onClick={() => navigate(to)} aria-label={`${what} ${when}`}>
                <AlertMark severity={worst(cluster)} />
                {count > 1 && <b>{count}</b>}
              </button>
            </Hint>
          )
        })}
      </div>
      <div className="strip-hours" aria-hidden="true">
        {hours.map((hour) => <span key={hour} style={{ left: at(hour) }}>{clock(hour, false)}</span>)}
      </div>
      <p className="strip-legend">
        <span><i className="strip-key recorded" /> {t('history.recorded')}</span>
        <span><i className="strip-key gap" /> <span className="desk-only">{t('history.gapKey')}</span><span className="phone-only">{t('history.gapKeyTouch')}</span></span>
        <span><i className="mark diamond" /> {t('history.alert')}</span>
      </p>
    </div>
  )
}
