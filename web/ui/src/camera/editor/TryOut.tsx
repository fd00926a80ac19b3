// "Would have fired 3 times": a rule tried on what was just recorded, each time a link to its moment in the recordings.
import type { TFunction } from 'i18next'
import { FlaskConical, History, Play, TriangleAlert, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { manyOf } from '../../alerts/said'
import { Problem } from '../../api/client'
import type { Rule, Zone } from '../../api/types'
import { explain } from '../../controls/states'
import { word } from '../../i18n'
import { recordingsAt } from '../../recordings/address'
import { usePermission } from '../../shell/shellState'
import { clock, duration } from '../../time/format'
import { HOURS, meantBy, useTryout, type Fired, type TryoutBody } from './tryouts'

/** Before it fired something led to it. */
const LEAD_MS = 10_000
const SHOWN = 50

export function TryOut({ camera, rule, zones, wrong }: { camera: string; rule: Rule; zones: readonly Zone[]; wrong: boolean }) {
  const { t } = useTranslation()
  const { trial, tryout } = useTryout(camera, rule.id)
  const [hours, setHours] = useState(trial.hours)
  const outdated = trial.of !== null && trial.of !== meantBy(rule, zones)
  const choose = (chosen: number) => setHours((trial.hours = chosen))
  const running = tryout.phase === 'asking' || tryout.phase === 'running'
  const over = tryout.phase === 'done' || tryout.phase === 'cut'
  const queued = tryout.phase !== 'running' || tryout.result.state === 'queued'
  return (
    <div className="tryout" data-outdated={outdated && !running}>
      {!running && (
        <div className="tryout-start">
          <span className="segmented" role="group" aria-label={t('tryout.span')}>
            {HOURS.map((one) => <button key={one} type="button" aria-pressed={hours === one} onClick={() => choose(one)}>{duration(one * 3_600_000)}</button>)}
          </span>
          <button className="button" disabled={wrong || tryout.phase === 'busy'} onClick={() => void trial.start(rule, zones)}>
            <FlaskConical size={15} /> {t(over ? 'tryout.again' : 'tryout.start', { span: t(`tryoutSpan.${hours * 60}`) })}
          </button>
        </div>
      )}
      {tryout.phase === 'none' && <p className="field-hint">{t(wrong ? 'tryout.wrong' : 'tryout.hint')}</p>}
      {running && (
        <div className="tryout-running">
          <span role="status">{t(queued ? 'tryout.queued' : 'tryout.running')}</span>
          <b>{tryout.phase === 'running' && !queued ? `${Math.round(tryout.result.progress * 100)}%` : ''}</b>
          <button className="button quiet icon" aria-label={t('tryout.cancel')} title={t('tryout.cancel')} onClick={trial.cancel}><X size={15} /></button>
          <progress max={1} value={tryout.phase === 'running' && !queued ? tryout.result.progress : 0} aria-label={t('tryout.running')} />
        </div>
      )}
      {tryout.phase === 'busy' && <Busy seconds={tryout.againInS} onOver={trial.cancel} />}
      {tryout.phase === 'forgotten' && <p className="field-wrong" role="alert"><TriangleAlert size={14} /> {t('tryout.forgotten')}</p>}
      {tryout.phase === 'failed' && <p className="field-wrong" role="alert"><TriangleAlert size={14} /> {t('tryout.failed')} {tryout.said === null ? reasonOf(tryout.error, t) : word('tryoutFailed', tryout.said)}</p>}
      {tryout.phase === 'cut' && <p className="field-hint attention" role="status"><TriangleAlert size={14} /> {word('tryoutCut', tryout.why)}</p>}
      {outdated && (running || over) && <p className="field-hint attention" role="status"><TriangleAlert size={14} /> {t('tryout.outdated')}</p>}
      {tryout.phase === 'running' && tryout.result.looked_s > 0 && <Result camera={camera} kind={trial.kind} result={tryout.result} phase="running" />}
      {over && <Result camera={camera} kind={trial.kind} result={tryout.result} phase={tryout.phase} />}
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

function Result({ camera, kind, result, phase }: { camera: string; kind: string; result: TryoutBody; phase: 'running' | 'done' | 'cut' }) {
  const { t } = useTranslation()
  const { fired, looked_s, missing_s, start, end, looked_until } = result
  const replay = usePermission('recording.view')
  const nothing = looked_s <= 0
  const until = phase === 'done' ? end : looked_until
  const said = { done: 'fired', running: 'firedSoFar', cut: 'firedUntil' }[phase]
  const never = { done: 'never', running: 'neverSoFar', cut: 'neverUntil' }[phase]
  return (
    <div className="tryout-result" role={phase === 'running' ? undefined : 'status'}>
      <strong data-fired={fired.length > 0}>
        {nothing ? t('tryout.noFootage') : t(`tryout.${fired.length > 0 ? said : never}`, { count: fired.length, time: until === null ? '' : clock(until, false) })}
      </strong>
      {!nothing && start && until && <p className="secondary">{t('tryout.looked', { from: clock(start, false), to: clock(until, false), time: duration(looked_s * 1000) })}</p>}
      {!nothing && phase === 'done' && missing_s >= 1 && <p className="tryout-missing"><i className="hatched" /> {t('tryout.missing', { time: duration(missing_s * 1000) })}</p>}
      {fired.length > 0 && (
        <ol>
          {fired.slice(0, SHOWN).map((one) => <li key={one.start}><Moment camera={camera} kind={kind} fired={one} replay={replay} ongoing={phase !== 'done'} /></li>)}
          {fired.length > SHOWN && <li className="secondary">{t('tryout.more', { count: fired.length - SHOWN })}</li>}
        </ol>
      )}
    </div>
  )
}

function Moment({ camera, kind, fired, replay, ongoing }: { camera: string; kind: string; fired: Fired; replay: boolean; ongoing: boolean }) {
  const { t } = useTranslation()
  const at = Date.parse(fired.start)
  const lasted = fired.end ? Date.parse(fired.end) - at : null
  const most = fired.most ?? fired.persons
  const long = lasted === null ? t(ongoing ? 'tryout.notOver' : 'tryout.toTheEnd') : duration(lasted)
  const said = [long, most === null ? null : manyOf(kind, most)].filter(Boolean).join(' · ')
  const inside = <><History size={14} aria-hidden="true" /><b>{clock(at)}</b><span className="secondary cut">{said}</span></>
  if (!replay) return <span className="tryout-moment">{inside}</span>
  return (
    // In a tab of its own: what is being edited stays as it is.
    <a className="tryout-moment" target="_blank" rel="noreferrer" href={recordingsAt([camera], Math.floor((at - LEAD_MS) / 1000) * 1000, true)} aria-label={t('tryout.open', { time: clock(at) })}>
      {inside}<Play size={13} aria-hidden="true" />
    </a>
  )
}
