// What is under the pointer, above the timeline so that it covers nothing to press: picture, time, persons, gap, alert, hold.
import { ImageOff, Layers2, Lock } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { AlertMark } from '../../alerts/AlertMark'
import { word } from '../../i18n'
import { worst } from '../../camera/timelineSpans'
import { RoomStrip } from '../../rooms/RoomStrip'
import { clock, moment } from '../../time/format'
import { serverClock } from '../../time/serverClock'
import { boundsOf, personsAt, standingAt, type Missing } from '../coverage'
import { gapLength, gapText } from '../gapText'
import type { Row } from '../queries'
import { useThumbnail } from '../thumbnails'
import { clustersOf, isAbsent } from './draw'
import type { View } from './scale'
import type { TimelineCamera } from './camera'

export interface Point {
  x: number
  at: number
  row: number
  /** Whether marks under the pointer are meant. */
  alerts: boolean
}

const WIDTH = 208

/** Why nothing could have been there. */
function absenceOf({ cause, reason }: Missing) {
  if (cause === 'deleted') return 'rec.absent'
  return reason ? 'cameraState.disabled' : 'rec.noCamera'
}

export function Pointed({ point, cameras, rows, view, width }: { point: Point; cameras: TimelineCamera[]; rows: Row[]; view: View; width: number }) {
  const { t } = useTranslation()
  const camera = cameras[point.row]
  const coverage = rows[point.row]?.coverage
  const standing = standingAt(coverage, point.at)
  const ahead = point.at > serverClock.now()
  const gap = standing.kind === 'gap' ? standing.span : null
  const bounds = gap && boundsOf(gap, coverage, serverClock.now())
  const length = bounds ? gapLength(bounds) : ''
  const pictured = camera !== undefined && !camera.closed && !gap && !ahead
  const thumbnail = useThumbnail(pictured ? camera.id : null, pictured ? point.at : null)
  if (!camera) return null
  const persons = gap || ahead ? null : personsAt(coverage, point.at)
  const cluster = point.alerts ? clustersOf(coverage?.alerts ?? [], view, width).find((one) => Math.abs(one.x - point.x) < 7) : undefined
  const [alert] = cluster?.alerts ?? []
  const hold = coverage?.holds.find((one) => point.at >= one.start && point.at <= one.end)
  const twice = coverage?.twice.some((one) => point.at >= one.start && point.at < one.end)
  const left = Math.max(0, Math.min(width - WIDTH, point.x - WIDTH / 2))
  return (
    <>
      <span className="tl-cursor" style={{ left: point.x }} />
      <div className="tl-pointed" style={{ left, width: WIDTH }} role="status">
        {pictured && (
          <span className="tl-thumb" data-state={thumbnail.state}>
            <RoomStrip camera={camera.id} />
            {thumbnail.src ? <img src={thumbnail.src} alt="" /> : thumbnail.state === 'loading' ? <span className="skeleton" /> : (
              <span className="hatched tl-thumb-none"><ImageOff size={16} /> {t(thumbnail.state === 'none' ? 'rec.noFootage' : 'rec.noThumbnail')}</span>
            )}
          </span>
        )}
        {gap && !ahead && (
          <span className="tl-thumb-none hatched tl-gap-note">
            {isAbsent(gap.cause) && <b>{t(absenceOf(gap))}</b>}
            {bounds && <b>{gapText(bounds)}</b>}
            <span>{word('cause', gap.cause)}{gap.reason && `: ${word('reason', gap.reason)}`}{length && ` · ${length}`}</span>
          </span>
        )}
        <span className="tl-pointed-text">
          <b>{moment(point.at)}</b>
          {persons !== null && <span>{t('tile.persons', { count: persons })}</span>}
        </span>
        <span className="secondary cut">{ahead ? t('rec.ahead') : camera.closed ? t('rec.closedShort', { name: camera.label }) : camera.label}</span>
        {cluster && alert && (
          <span className="tl-pointed-alert">
            <AlertMark severity={worst(cluster.alerts)} />
            <span className="cut">{cluster.alerts.length > 1 ? t('history.alerts', { count: cluster.alerts.length }) : word('kind', alert.kind)} · {clock(alert.at)}</span>
          </span>
        )}
        {twice && <span className="tl-pointed-alert"><Layers2 size={12} /> <span>{t('rec.twice')}</span></span>}
        {hold && <span className="tl-pointed-alert"><Lock size={12} /> <span className="cut">{hold.reason} · {hold.owner}</span></span>}
      </div>
    </>
  )
}
