// Live video of one camera with its overlay, or the slate that says why there is none.
import { Lock, MonitorOff, Users, VideoOff } from 'lucide-react'
import { useCallback, useEffect, useRef, useState, type RefObject } from 'react'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { useBreachedZones } from '../alerts/openAlerts'
import type { Analysis, CameraDetail } from '../api/types'
import { hasWord, word } from '../i18n'
import type { LivePlayer, LiveStatus } from '../live/player'
import { codecName } from '../live/transport'
import type { Step, Track } from '../live/personBoxes'
import { moment, span } from '../time/format'
import { serverClock } from '../time/serverClock'
import { ClosedRoom } from '../rooms/ClosedRoom'
import { useIsClosed } from '../rooms/openings'
import { RoomStrip } from '../rooms/RoomStrip'
import { chipsOver, drawTracks, drawZones, prepare, presenceOf } from './overlay'
import { LastPicture } from './LastPicture'
import { MaskMark } from './MaskMark'
import { useLive } from './useLive'

/** Persons in the picture that is shown, and in each zone by its id. */
export interface Seen {
  persons: number
  zones: Record<string, number>
}

export interface LiveViewProps {
  camera: CameraDetail
  profile: 'main' | 'sub'
  showZones: boolean
  showPersons: boolean
  onStatus?: (status: LiveStatus) => void
  /** Whom the shown picture counts; null where it does not know, or shows nothing. */
  onSeen?: (seen: Seen | null) => void
  playerRef?: RefObject<LivePlayer | null>
  /** While zones are edited: what they are by now, and where over the picture they are drawn. */
  editing?: { draft: Analysis | null; over: (element: HTMLElement | null) => void } | null
}

export function LiveView(props: LiveViewProps) {
  const { camera } = props
  const closed = useIsClosed()(camera)
  const off = camera.state === 'offline' || camera.state === 'disabled'
  // Of one that is off there is a last picture, for its editor alone.
  if (closed && (!off || props.editing)) {
    return <div className="stage"><ClosedRoom className="stage-slate" camera={camera.id} from={props.editing ? 'zones' : 'room'} persons={camera.person_count} keyed /></div>
  }
  if (off) {
    return props.editing ? <LastPicture camera={camera} over={props.editing.over} /> : <NoPicture camera={camera} />
  }
  // Another profile gets new elements: a canvas keeps its first kind of context for ever.
  return <Playing key={props.profile} {...props} />
}

function Playing({ camera, profile, showZones, showPersons, onStatus, onSeen, playerRef, editing }: LiveViewProps) {
  const { t } = useTranslation()
  const overlay = useRef<HTMLCanvasElement>(null)
  const tracks = useRef<Track[] | null>(null)
  const trails = useRef<(id: number) => Step[]>(() => [])
  const { zones, rules } = editing?.draft ?? camera
  const counted = camera.person_count !== null
  const drawn = !editing && showZones
  const breached = useBreachedZones(camera.id)
  const [seen, setSeen] = useState<Seen | null>(null)
  const draw = useCallback(() => {
    const presence = presenceOf(zones, tracks.current ?? [], breached)
    const now = tracks.current && { persons: tracks.current.length, zones: Object.fromEntries(presence.counts) }
    // The same numbers are no news, 25 times a second.
    setSeen((was) => (JSON.stringify(was) === JSON.stringify(now) ? was : now))
    const canvas = overlay.current
    const context = canvas && prepare(canvas)
    if (!canvas || !context) return
    const { clientWidth: width, clientHeight: height } = canvas
    if (drawn) drawZones(context, zones, width, height, rules, counted && tracks.current ? presence.counts : null, chipsOver(canvas))
    if (showPersons) drawTracks(context, tracks.current ?? [], width, height, presence.breaching, trails.current)
  }, [zones, rules, drawn, showPersons, counted, breached])
  const shown = useRef('')
  const { video, canvas, player, status } = useLive(camera.id, profile, (known, trail) => {
    // Redrawing an unchanged overlay 25 times a second would cost more than the video.
    const key = known === null ? 'unknown' : known.map((one) => `${one.id}:${one.x}:${one.y}:${one.w}:${one.h}:${one.guess ?? 0}:${trail(one.id).length}`).join()
    if (key === shown.current) return
    shown.current = key
    tracks.current = known
    trails.current = trail
    draw()
  })
  useEffect(draw, [draw, status.width, status.height])
  useEffect(() => {
    const element = overlay.current
    if (!element) return
    const observer = new ResizeObserver(draw)
    observer.observe(element)
    return () => observer.disconnect()
  }, [draw])
  useEffect(() => onStatus?.(status), [status, onStatus])
  useEffect(() => {
    if (!playerRef) return
    playerRef.current = player.current
    return () => {
      playerRef.current = null
    }
  }, [playerRef, player, status.transport])

  // Of this very picture where the detector has looked at it, else of its last report. No boxes on a covered camera are
  // no count.
  const live = counted && status.phase === 'playing' ? seen : null
  const count = live?.persons ?? camera.person_count
  useEffect(() => {
    onSeen?.(live)
  }, [live, onSeen])
  useEffect(() => () => onSeen?.(null), [onSeen])
  const ratio = status.width && status.height ? status.width / status.height : (camera.width ?? 16) / (camera.height ?? 9)
  const onCanvas = status.transport === 'webcodecs' || status.transport === 'jpeg'
  return (
    <div className="stage">
      <div className="stage-picture" style={{ aspectRatio: String(ratio), '--ratio': ratio } as React.CSSProperties}
        data-phase={status.phase}>
        <video ref={video} muted playsInline hidden={onCanvas} />
        <canvas ref={canvas} hidden={!onCanvas} />
        <canvas ref={overlay} className="stage-overlay" aria-hidden="true" />
        {editing && <div ref={editing.over} className="stage-over" />}
        <LiveBadge status={status} />
        <RoomStrip camera={camera.id} />
        <MaskMark camera={{ ...camera, masked: status.masked ?? camera.masked ?? false }} />
        {status.phase !== 'playing' && <Waiting status={status} player={player} />}
        {status.unplayable && (
          <p className="stage-note">
            <MonitorOff size={15} />
            {status.unplayable === 'masked' ? t('masks.stills') : t('live.unplayable', { codec: codecName(status.codec) })}
          </p>
        )}
        <span className="stage-persons">
          <Users size={14} /> {count === null ? unknown(camera, t) : t('tile.persons', { count })}
        </span>
      </div>
    </div>
  )
}

/** A covered camera counts nobody: the picture alone may look like a dark, empty room. */
function unknown(camera: CameraDetail, t: TFunction): string {
  return camera.tamper ? t('tile.countUnknownHow', { how: word('tamper', camera.tamper) }) : t('tile.countUnknown')
}

function LiveBadge({ status }: { status: LiveStatus }) {
  const { t } = useTranslation()
  if (status.phase !== 'playing') return null
  const late = status.lagMs !== null && status.lagMs > 5000
  return (
    <span className="live-badge" data-late={late}>
      <i className={late ? 'mark ring' : 'mark running'} />
      {late ? t('live.late', { age: span(status.lagMs ?? 0) }) : t(status.transport === 'jpeg' ? 'live.stills' : 'live.live')}
    </span>
  )
}

function Waiting({ status, player }: { status: LiveStatus; player: RefObject<LivePlayer | null> }) {
  const { t } = useTranslation()
  const [now, setNow] = useState(serverClock.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(serverClock.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  const at = player.current?.shownAt() ?? null
  return (
    <div className="stage-waiting" role="status">
      {status.phase === 'refused' ? <Lock size={22} strokeWidth={1.5} /> : <span className="spinner" aria-hidden="true" />}
      <strong>{t(`live.${status.phase}`)}</strong>
      {status.reason && <span>{word('reason', status.reason)}</span>}
      {at !== null && <span>{t('live.lastPicture', { age: span(now - at) })}</span>}
    </div>
  )
}

function NoPicture({ camera }: { camera: CameraDetail }) {
  const { t } = useTranslation()
  const offline = camera.state === 'offline'
  return (
    <div className="stage">
      <div className="stage-slate hatched">
        <VideoOff size={30} strokeWidth={1.5} />
        <strong className={offline ? 'breach' : ''}>{t(offline ? 'tile.offline' : 'tile.disabled')}</strong>
        {camera.since && <span>{t('live.since', { time: moment(camera.since), age: span(serverClock.now() - Date.parse(camera.since)) })}</span>}
        {camera.reason && <b>{word('reason', camera.reason)}</b>}
        {offline && camera.reason && hasWord('remedy', camera.reason) && <p>{word('remedy', camera.reason)}</p>}
      </div>
    </div>
  )
}
