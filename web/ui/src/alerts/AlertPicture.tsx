// The snapshot of an alert with zone and boxes over it.
import { ImageOff } from 'lucide-react'
import { useCallback, useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useCamera } from '../api/queries'
import type { Alert, Rule } from '../api/types'
import { ALERT_COLOURS, drawPersons, drawZones, prepare } from '../camera/overlay'
import { ClosedRoom } from '../rooms/ClosedRoom'
import { doubt } from '../rooms/openings'
import { RoomStrip } from '../rooms/RoomStrip'
import { useGate } from '../rooms/useRoomOf'
import { waysOf } from './said'

export function AlertPicture({ alert }: { alert: Alert }) {
  const gate = useGate(alert.camera)
  if (alert.snapshot && gate.state === 'unknown') return <div className="alert-picture skeleton" />
  if (alert.snapshot && gate.state === 'closed') return <ClosedRoom className="alert-picture" camera={alert.camera ?? ''} from="alert" />
  // Another opening is another try.
  return <Pictured key={gate.by?.id ?? ''} alert={alert} />
}

function Pictured({ alert }: { alert: Alert }) {
  const { t } = useTranslation()
  const camera = useCamera(alert.camera)
  const canvas = useRef<HTMLCanvasElement>(null)
  const [broken, setBroken] = useState(false)
  const [loaded, setLoaded] = useState(false)
  const [ratio, setRatio] = useState(16 / 9)
  const zones = camera.data?.zones

  const draw = useCallback(() => {
    const element = canvas.current
    const context = element && prepare(element)
    if (!element || !context) return
    const { clientWidth: width, clientHeight: height } = element
    drawZones(context, (zones ?? []).filter((zone) => zone.id === alert.zone), width, height, crossed(alert))
    drawPersons(context, alert.boxes ?? [], width, height, ALERT_COLOURS[alert.severity])
  }, [zones, alert])
  useEffect(() => {
    const element = canvas.current
    if (!element || !loaded) return
    draw()
    const observer = new ResizeObserver(draw)
    observer.observe(element)
    return () => observer.disconnect()
  }, [draw, loaded])

  if (!alert.snapshot || broken) {
    return (
      <div className="alert-picture hatched state">
        <ImageOff size={26} strokeWidth={1.5} />
        <strong>{t('alerts.noPicture')}</strong>
        <p>{t(alert.kind === 'camera_offline' ? 'alerts.noPictureOffline' : 'alerts.noPictureText')}</p>
      </div>
    )
  }
  return (
    <div className="alert-picture" style={{ aspectRatio: String(ratio) }} data-loaded={loaded}>
      <img src={alert.snapshot} alt={t('alerts.pictureAlt', { count: alert.boxes?.length ?? 0 })}
        onError={() => {
          // Why an image does not come a page is not told: the room may have been closed.
          doubt()
          setBroken(true)
        }}
        onLoad={(event) => {
          const { naturalWidth, naturalHeight } = event.currentTarget
          if (naturalWidth && naturalHeight) setRatio(naturalWidth / naturalHeight)
          setLoaded(true)
        }} />
      <canvas ref={canvas} className="stage-overlay" aria-hidden="true" />
      {alert.camera && <RoomStrip camera={alert.camera} />}
    </div>
  )
}

/** The ways that were crossed, for their arrows and letters: the rule may have been changed since. */
function crossed({ zone, kind, detail }: Alert): Rule[] {
  return zone === null || kind !== 'line_crossing' ? [] : waysOf(detail).map((direction) => ({ id: direction, kind, zone, direction }))
}
