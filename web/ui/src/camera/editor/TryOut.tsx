// "Would have fired 3 times": a rule tried on the last hour, each time a link to its moment in the recordings.
import type { TFunction } from 'i18next'
import { FlaskConical, History, Play, TriangleAlert, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Problem } from '../../api/client'
import type { Rule, Zone } from '../../api/types'
import { explain } from '../../controls/states'
import { recordingsAt } from '../../recordings/address'
import { usePermission } from '../../shell/shellState'
import { clock, duration } from '../../time/format'
import { meantBy, useTryout, type Fired, type TryoutBody } from './tryouts'

/** Before it fired something led to it. */
const LEAD_MS = 10_000
const SHOWN = 50

export function TryOut({ camera, rule, zones, wrong }: { camera: string; rule: Rule; zones: readonly Zone[]; wrong: boolean }) {
  const { t } = useTranslation()
  const { tryout, of, start, cancel } = useTryout(camera)
  const outdated = of !== null && of !== meantBy(rule, zones)
  const go = () => void start(rule, zones)
  const running = tryout.phase === 'asking' || tryout.phase === 'running'
  return (
    <div className="tryout" data-outdated={outdated && !running}>
      {!running && (
        <button className="button" disabled={wrong || tryout.phase === 'busy'} onClick={go}>
          <FlaskConical size={15} /> {tryout.phase === 'done' ? t('tryout.again') : t('tryout.start')}
        </button>
      )}
      {tryout.phase === 'none' && <p className="field-hint">{t(wrong ? 'tryout.wrong' : 'tryout.hint')}</p>}
      {running && (
        <div className="tryout-running" role="status">
          <span>{t(tryout.phase === 'asking' || tryout.queued ? 'tryout.queued' : 'tryout.running')}</span>
          <b>{tryout.phase === 'running' && !tryout.queued ? `${Math.round(tryout.progress * 100)}%` : ''}</b>
          <button className="button quiet icon" aria-label={t('tryout.cancel')} title={t('tryout.cancel')} onClick={cancel}><X size={15} /></button>
          <progress max={1} value={tryout.phase === 'running' && !tryout.queued ? tryout.progress : 0} aria-label={t('tryout.running')} />
        </div>
      )}
      {tryout.phase === 'busy' && <Busy seconds={tryout.againInS} onOver={cancel} />}
      {tryout.phase === 'forgotten' && <p className="field-wrong" role="alert"><TriangleAlert size={14} /> {t('tryout.forgotten')}</p>}
      {tryout.phase === 'failed' && <p className="field-wrong" role="alert"><TriangleAlert size={14} /> {t('tryout.failed')} {tryout.said ?? reasonOf(tryout.error, t)}</p>}
      {tryout.phase === 'done' && (
        <>
          {outdated && <p className="field-hint attention" role="status"><TriangleAlert size={14} /> {t('tryout.outdated')}</p>}
          <Result camera={camera} result={tryout.result} />
        </>
      )}
    </div>
  )
}

function reasonOf(error: unknown, t: TFunction): string {
  if (error === null) return ''
  return error instanceof Problem && error.status === 503 ? t('tryout.away') : explain(error, t)
}

function Busy({ seconds, onOver }: { seconds: number; onOver: () => void }) {
  const { t } = useTranslation()
  const [left, setLeft] = useState(seconds)
  useEffect(() => {
    const timer = setTimeout(() => (left <= 1 ? onOver() : setLeft(left - 1)), 1000)
    return () => clearTimeout(timer)
  }, [left])
  return <p className="field-hint attention" role="status"><TriangleAlert size={14} /> {t('tryout.busy', { count: left })}</p>
}

function Result({ camera, result }: { camera: string; result: TryoutBody }) {
  const { t } = useTranslation()
  const { fired, looked_s, missing_s, start, end } = result
  const replay = usePermission('recording.view')
  const nothing = looked_s <= 0
  return (
    <div className="tryout-result" role="status">
      <strong data-fired={fired.length > 0}>
        {nothing ? t('tryout.noFootage') : fired.length === 0 ? t('tryout.never') : t('tryout.fired', { count: fired.length })}
      </strong>
      {!nothing && start && end && <p className="secondary">{t('tryout.looked', { from: clock(start, false), to: clock(end, false), time: duration(looked_s * 1000) })}</p>}
      {!nothing && missing_s >= 1 && <p className="tryout-missing"><i className="hatched" /> {t('tryout.missing', { time: duration(missing_s * 1000) })}</p>}
      {fired.length > 0 && (
        <ol>
          {fired.slice(0, SHOWN).map((one) => <li key={one.start}><Moment camera={camera} fired={one} replay={replay} /></li>)}
          {fired.length > SHOWN && <li className="secondary">{t('tryout.more', { count: fired.length - SHOWN })}</li>}
        </ol>
      )}
    </div>
  )
}

function Moment({ camera, fired, replay }: { camera: string; fired: Fired; replay: boolean }) {
  const { t } = useTranslation()
  const at = Date.parse(fired.start)
  const lasted = fired.end ? Date.parse(fired.end) - at : null
  const most = fired.most ?? fired.persons
  const said = [lasted === null ? t('tryout.toTheEnd') : duration(lasted), most === null ? null : t('tile.persons', { count: most })].filter(Boolean).join(' · ')
  const inside = <><History size={14} aria-hidden="true" /><b>{clock(at)}</b><span className="secondary cut">{said}</span></>
  if (!replay) return <span className="tryout-moment">{inside}</span>
  return (
    // In a tab of its own: what is being edited stays as it is.
    <a className="tryout-moment" target="_blank" rel="noreferrer" href={recordingsAt([camera], Math.floor((at - LEAD_MS) / 1000) * 1000, true)} aria-label={t('tryout.open', { time: clock(at) })}>
      {inside}<Play size={13} aria-hidden="true" />
    </a>
  )
}
