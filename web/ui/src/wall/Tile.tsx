// One camera on the wall. Pictures, counts and ages are written straight into the page by the feed; React only
// draws what changes with the camera's state.
import { BedDouble, Check, DoorOpen, FlaskConical, MoveHorizontal, Users } from 'lucide-react'
import { memo, useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { AlertMark } from '../alerts/AlertMark'
import type { Camera, Placement, Severity } from '../api/types'
import { MaskMark, maskedFor } from '../camera/MaskMark'
import { word } from '../i18n'
import { ClosedTile } from '../rooms/ClosedTile'
import { useIsClosed } from '../rooms/openings'
import { RoomStrip } from '../rooms/RoomStrip'
import { moment, span } from '../time/format'
import { STALE_MS, type WallFeed } from './feed'
import { StateMark } from './StateMark'

const ICONS: Record<Placement, typeof DoorOpen> = {
  gate: DoorOpen, corridor: MoveHorizontal, sampling_room: FlaskConical, patient_room: BedDouble,
}

export interface TileProps {
  camera: Camera
  /** Severity and kind of the gravest open alert, when there is one, and the kinds of the others, with commas between. */
  severity: Severity | null
  alert: string | null
  others: string
  /** Somebody has taken every one of them. */
  taken: boolean
  feed: WallFeed | null
  width: number
  /** Another name in front, where tiles of several sites stand in one group. */
  site: string | null
}

const isUp = (camera: Camera) => camera.state === 'recording' || camera.state === 'online'
export const hasPicture = (camera: Camera, isClosed: ReturnType<typeof useIsClosed>) => !isClosed(camera) && isUp(camera)
/** Its pictures are written, and nobody can count in them: on the wall the last one stands still. */
export const isUnanalysed = (camera: Camera) => camera.state === 'recording' && ['corrupt', 'decoder', 'detector_lost'].includes(camera.reason ?? '')

export const Tile = memo(function Tile({ camera, severity, alert, others, taken, feed, width, site }: TileProps) {
  const { t } = useTranslation()
  const root = useRef<HTMLAnchorElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const age = useRef<HTMLSpanElement>(null)
  const count = useRef<HTMLElement>(null)
  const size = useRef(width)
  size.current = width
  const unanalysed = isUnanalysed(camera)
  const recorded = useRef(unanalysed)
  recorded.current = unanalysed
  const isClosed = useIsClosed()
  const closed = isClosed(camera)
  const pictured = hasPicture(camera, isClosed)

  useEffect(() => {
    if (!feed || !pictured || !canvas.current) return
    const since = performance.now()
    return feed.attach(camera.id, {
      canvas: canvas.current,
      width: () => size.current * window.devicePixelRatio,
      painted: (header) => {
        if (count.current) count.current.textContent = header.persons === null ? '–' : String(header.persons)
      },
      aged: (ms) => {
        if (!root.current || !age.current) return
        const stale = ms === null ? performance.now() - since > STALE_MS : ms > STALE_MS
        root.current.dataset.picture = ms === null ? (stale ? 'none' : 'waiting') : stale ? 'stale' : 'fresh'
        const old = ms === null ? (recorded.current ? '' : t('tile.waiting')) : t('time.ago', { age: span(ms) })
        const text = !stale ? '' : [old, recorded.current && t('tile.goesOn')].filter(Boolean).join('\n')
        if (age.current.textContent !== text) age.current.textContent = text
      },
    })
  }, [feed, camera.id, pictured, t])

  const Icon = ICONS[camera.placement] ?? DoorOpen
  const persons = camera.person_count === null ? '–' : String(camera.person_count)
  const placement = word('placement', camera.placement)
  const mask = maskedFor(camera)
  const more = others ? others.split(',') : []
  const told = alert && severity ? [`${word('kind', alert)} (${word('severity', severity)})`, ...more.map((kind) => word('kind', kind)), ...(taken ? [t('tile.taken')] : [])] : []
  const state = unanalysed ? t('tile.unanalysed') : word('cameraState', camera.state)
  const label = [site, camera.name, placement, closed && t('tile.closed'), pictured && mask && t(`masks.${mask}`), state, ...told].filter(Boolean).join(', ')
  return (
    <Link ref={root} href={`/cameras/${camera.id}`} className="tile" data-camera={camera.id} data-state={camera.state}
      data-alert={severity} data-taken={taken} data-closed={closed} data-picture={pictured ? 'waiting' : 'off'}
      aria-label={label} title={[`${camera.name} · ${placement}`, ...(unanalysed ? [`${state}: ${word('reason', camera.reason ?? '')}`] : []), ...told].join('\n')}>
      {pictured && <canvas ref={canvas} className="tile-picture" aria-hidden="true" />}
      {closed && isUp(camera) && <ClosedTile camera={camera.id} persons={camera.person_count} />}
      {(camera.state === 'offline' || camera.state === 'disabled') && <Slate camera={camera} severity={severity} taken={taken} />}
      {pictured && <span ref={age} className="tile-age" />}
      {pictured && <RoomStrip camera={camera.id} />}
      <span className="tile-top">
        {alert && severity && camera.state !== 'offline' && (
          <span className="tile-alert">
            <AlertMark severity={severity} />
            <span className="cut">{word('kind', alert)}</span>
            {more.length > 0 && <span>+{more.length}</span>}
            {taken && <Check className="tile-taken" size={13} aria-hidden="true" />}
            {taken && <span className="tile-taken-word">{t('tile.taken')}</span>}
          </span>
        )}
        {camera.state === 'online' && alert === null && (
          <span className="tile-warn">
            <i className="mark ring" />
            <span className="cut">{t('tile.notRecording')}</span>
          </span>
        )}
        {unanalysed && alert === null && (
          <span className="tile-warn">
            <i className="mark disc" />
            <span className="cut">{state}</span>
          </span>
        )}
      </span>
      <span className="tile-foot">
        <StateMark state={camera.state} />
        <Icon className="tile-placement" size={13} aria-hidden="true" />
        <span className="tile-name cut">{site ? `${site} · ${camera.name}` : camera.name}</span>
        {pictured && <MaskMark camera={camera} short />}
        {pictured && (
          <span className="tile-count" title={t('tile.countTitle')}>
            <Users size={12} aria-hidden="true" />
            <b ref={count}>{persons}</b>
          </span>
        )}
      </span>
    </Link>
  )
})

function Slate({ camera, severity, taken }: Pick<TileProps, 'camera' | 'severity' | 'taken'>) {
  const { t } = useTranslation()
  const why = camera.reason ? word('reason', camera.reason) : ''
  return (
    <span className="tile-slate hatched">
      <span className="tile-slate-title">{severity && <AlertMark severity={severity} />} {t(camera.state === 'offline' ? 'tile.offline' : 'tile.disabled')} {taken && <Check className="tile-taken" size={13} aria-hidden="true" />}</span>
      <span className="tile-slate-text">
        {camera.since ? t('tile.since', { time: moment(camera.since, false) }) : t('tile.sinceUnknown')}
        {why && ` · ${why}`}
      </span>
    </span>
  )
}
