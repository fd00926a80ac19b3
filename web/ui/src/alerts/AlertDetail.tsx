// One alert whole: the picture with its boxes, what it is about, every step taken, what may be done.
import { ArrowLeft, Check, CheckCheck, Film, Video } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { useAlert, useCamera } from '../api/queries'
import type { Alert } from '../api/types'
import { Failed } from '../controls/states'
import { word } from '../i18n'
import { moment } from '../time/format'
import { usePermission } from '../shell/shellState'
import { useNow } from '../shell/ticking'
import { ask, canAck, canResolve, useMayAct } from './alertActions'
import { AlertFacts } from './AlertFacts'
import { AlertBadge, AlertMark } from './AlertMark'
import { AlertPicture } from './AlertPicture'
import { footageOf } from '../recordings/address'
import { NodeFacts } from './NodeFacts'
import { liveOf } from './places'
import { kindOf, saidWhole } from './said'
import { isTaken } from './standing'

/** Alerts of a node that its disk has a part in. */
const OF_STORAGE = ['storage', 'index']

/** The alert that is shown, and that the keys act on: as it was read by itself, until then as the list has it. */
export function useShown(id: string | null, held: Alert | undefined) {
  const query = useAlert(id)
  return { alert: query.data ?? held, query }
}

export function AlertDetail({ id, held, backTo }: { id: string; held: Alert | undefined; backTo: string }) {
  const { t } = useTranslation()
  const { alert, query } = useShown(id, held)
  if (alert) return <Shown alert={alert} backTo={backTo} />
  if (query.isError) return <Failed fill error={query.error} what={t('alerts.oneFailed')} onRetry={() => void query.refetch()} />
  return (
    <div className="alert-detail" role="status" aria-label={t('state.loading')}>
      <div className="skeleton alert-picture" />
      <div className="skeleton" style={{ height: 24, width: '40%' }} />
      <div className="skeleton" style={{ height: 90 }} />
    </div>
  )
}

function Shown({ alert, backTo }: { alert: Alert; backTo: string }) {
  const { t } = useTranslation()
  const may = useMayAct()
  const mayReplay = usePermission('recording.view')
  const [live, footage] = [liveOf(alert), mayReplay ? footageOf(alert) : null]
  return (
    <article className="alert-detail">
      <Link className="button quiet phone-only alert-back" href={backTo}>
        <ArrowLeft size={18} /> {t('nav.alerts')}
      </Link>
      {alert.camera !== null && <AlertPicture alert={alert} />}
      <header className="alert-head">
        <h2>
          <AlertMark severity={alert.severity} />
          {kindOf(alert)}
        </h2>
        {alert.ended_at === null && isTaken(alert) && <AlertBadge state="open" severity={alert.severity} />}
        <AlertBadge state={alert.state} severity={alert.severity} />
        <span className="secondary">{word('severity', alert.severity)}</span>
      </header>
      <Said alert={alert} />
      <div className="alert-actions">
        {may.ack && canAck(alert) && (
          <button className="button primary" onClick={() => ask(alert, 'ack')}>
            <Check size={16} /> {t('act.ack')} <kbd>A</kbd>
          </button>
        )}
        {may.resolve && canResolve(alert) && (
          <button className="button" onClick={() => ask(alert, 'resolve')}>
            <CheckCheck size={16} /> {t('act.resolve')} <kbd>R</kbd>
          </button>
        )}
        {footage && (
          <Link className="button" href={footage}>
            <Film size={16} /> {t('action.footage')} <kbd>V</kbd>
          </Link>
        )}
        {live && (
          <Link className="button" href={live}>
            <Video size={16} /> {t('action.live')} <kbd>Enter</kbd>
          </Link>
        )}
      </div>
      <AlertFacts alert={alert} />
      {alert.node && OF_STORAGE.includes(alert.kind) && <NodeFacts node={alert.node} />}
      <section>
        <h3>{t('alerts.steps')}</h3>
        <ol className="steps" data-severity={alert.severity}>
          {alert.steps.map((step, index) => (
            <li key={`${step.at}${index}`} data-kind={step.kind}>
              <time dateTime={step.at}>{moment(step.at)}</time>
              <span>
                {word('step', step.kind)}
                {step.by && <b> · {step.by}</b>}
                {step.note && <q>{step.note}</q>}
              </span>
            </li>
          ))}
        </ol>
      </section>
    </article>
  )
}

/** What happened, as one would say it; while it goes on its time runs. */
function Said({ alert }: { alert: Alert }) {
  const now = useNow()
  const zones = useCamera(alert.camera).data?.zones
  return <p className="alert-said">{saidWhole(alert, now, zones?.find((zone) => zone.id === alert.zone)?.name)}</p>
}
