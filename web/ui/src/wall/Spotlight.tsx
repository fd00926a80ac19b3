// The newest open alert that nobody has taken, large and as real video, beside the tiles.
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { ask, canAck, useMayAct } from '../alerts/alertActions'
import { AlertMark } from '../alerts/AlertMark'
import { AlertPicture } from '../alerts/AlertPicture'
import { NodeFacts } from '../alerts/NodeFacts'
import { usePlaces } from '../alerts/places'
import { useCamera } from '../api/queries'
import type { Alert } from '../api/types'
import { LiveView } from '../camera/LiveView'
import { word } from '../i18n'
import { moment } from '../time/format'

/** `keyed`: it is the one that the key takes on. */
export function Spotlight({ alert, keyed }: { alert: Alert; keyed: boolean }) {
  const { t } = useTranslation()
  const place = usePlaces()
  const camera = useCamera(alert.camera)
  const may = useMayAct()
  return (
    <section className="spotlight" aria-label={t('wall.spotlight')}>
      <header className="spotlight-head">
        <AlertMark severity={alert.severity} />
        <strong>{word('kind', alert.kind)}</strong>
        <span className="secondary cut">{place(alert)} · {moment(alert.opened_at)}</span>
        <Link className="button" href={`/alerts/${alert.id}`}>{t('action.details')}</Link>
        {may.ack && canAck(alert) && (
          <button className="button primary" onClick={() => ask(alert, 'ack')}>
            {t('act.ack')} {keyed && <kbd>A</kbd>}
          </button>
        )}
      </header>
      {camera.data && <LiveView key={alert.camera} camera={camera.data} profile="sub" showZones showPersons />}
      {alert.node ? (
        <NodeFacts node={alert.node} />
      ) : (
        <div className="spotlight-moment">
          <h3>{t('wall.moment', { time: moment(alert.opened_at) })}</h3>
          <AlertPicture alert={alert} />
        </div>
      )}
    </section>
  )
}
