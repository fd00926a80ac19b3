// One alert whole: the picture with its boxes, what it is about, every step taken, what may be done.
import { ArrowLeft } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { useAlert, useCamera } from '../api/queries'
import type { Alert } from '../api/types'
import { Failed } from '../controls/states'
import { word } from '../i18n'
import { useNow } from '../shell/ticking'
import type { Act } from './alertActions'
import { AlertActions } from './AlertActions'
import { AlertFacts } from './AlertFacts'
import { AlertBadge, AlertMark } from './AlertMark'
import { Course } from './chain/Course'
import { ClipPlace } from './clip/ClipPlace'
import { NodeFacts } from './NodeFacts'
import { usePlaces } from './places'
import { QuietNote } from './quiet/QuietNote'
import { kindOf, saidWhole } from './said'
import { isTaken } from './standing'

/** Alerts of a node that its disk has a part in. */
const OF_STORAGE = ['storage', 'index']

/** The alert that is shown, and that the keys act on: as it was read by itself, until then as the list has it. */
export function useShown(id: string | null, held: Alert | undefined) {
  const query = useAlert(id)
  return { alert: query.data ?? held, query }
}

interface Props {
  id: string
  held: Alert | undefined
  backTo: string
  /** What the buttons do, where it stands in a list that knows of its group. */
  onAct?: ((action: Act) => void) | undefined
}

export function AlertDetail({ id, held, backTo, onAct }: Props) {
  const { t } = useTranslation()
  const { alert, query } = useShown(id, held)
  if (alert) return <Shown alert={alert} backTo={backTo} onAct={onAct} />
  if (query.isError) return <Failed fill error={query.error} what={t('alerts.oneFailed')} onRetry={() => void query.refetch()} />
  return (
    <div className="alert-detail" role="status" aria-label={t('state.loading')}>
      <div className="skeleton alert-picture" />
      <div className="skeleton" style={{ height: 24, width: '40%' }} />
      <div className="skeleton" style={{ height: 90 }} />
    </div>
  )
}

function Shown({ alert, backTo, onAct }: { alert: Alert; backTo: string; onAct: Props['onAct'] }) {
  const { t } = useTranslation()
  return (
    <article className="alert-detail">
      <Link className="button quiet phone-only alert-back" href={backTo}>
        <ArrowLeft size={18} /> {t('nav.alerts')}
      </Link>
      {alert.camera !== null && <ClipPlace alert={alert} />}
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
      {alert.quiet && <QuietNote quiet={alert.quiet} />}
      <AlertActions alert={alert} onAct={onAct} />
      <Course alert={alert} />
      <AlertFacts alert={alert} />
      {alert.node && OF_STORAGE.includes(alert.kind) && <NodeFacts node={alert.node} />}
    </article>
  )
}

/** Where, and what happened, as one would say it; while it goes on its time runs. On a desk the facts beside it say where. */
function Said({ alert }: { alert: Alert }) {
  const place = usePlaces()
  const now = useNow()
  const zones = useCamera(alert.camera).data?.zones
  return (
    <>
      <p className="phone-only alert-place">{place(alert)}</p>
      <p className="alert-said">{saidWhole(alert, now, zones?.find((zone) => zone.id === alert.zone)?.name)}</p>
    </>
  )
}
