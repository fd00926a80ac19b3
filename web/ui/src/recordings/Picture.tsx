// One camera's picture: video or what stands in for it, its name, its own moment, what may be done with it.
import { ArrowLeft, ArrowRight, Ellipsis, Maximize2, Minimize2, RefreshCcw, Siren, Video, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { MaskMark } from '../camera/MaskMark'
import { Hint } from '../controls/Hint'
import { Menu, MenuItem, MenuLine } from '../controls/Menu'
import { codecName } from '../live/transport'
import { Store, useStore } from '../preferences/store'
import { ClosedRoom } from '../rooms/ClosedRoom'
import { RoomStrip } from '../rooms/RoomStrip'
import { clock, fineClock } from '../time/format'
import type { Playback } from './player/playback'
import type { Shown, Track } from './player/track'
import { Slate } from './Slate'
import type { TimelineCamera } from './timeline/camera'
import { useThumbnail } from './thumbnails'

export interface PictureActions {
  onSwap: () => void
  onRemove: () => void
  /** Towards the front (−1) or the end (1); null where there is no further. */
  onMove: (step: 1 | -1) => void
  /** This camera alone, or all again; null where one is shown anyway. */
  onSolo: (() => void) | null
  onActive: () => void
  onJump: (at: number) => void
}

interface Props extends PictureActions {
  camera: TimelineCamera
  /** There never was one of this id: nothing can be asked of it. */
  unknown: boolean
  /** Not known yet: it may be a room. */
  pending: boolean
  playback: Playback
  active: boolean
  solo: boolean
  first: boolean
  last: boolean
}

const noTrack = new Store<Shown>({ phase: 'loading', gap: null, trouble: null, codec: null, at: null, growing: false })

export function Picture(props: Props) {
  const { t } = useTranslation()
  const { camera, playback, active } = props
  const host = useRef<HTMLDivElement>(null)
  const [track, setTrack] = useState<Track | null>(null)
  useEffect(() => {
    if (!host.current || camera.closed || props.unknown || props.pending) return
    const made = playback.track(camera.id, host.current)
    setTrack(made)
    return () => {
      playback.untrack(made)
      setTrack(null)
    }
  }, [playback, camera.id, camera.closed, props.unknown, props.pending])
  const shown = useStore(track?.shown ?? noTrack)
  const { scrubAt, playing } = useStore(playback.state)
  const covered = shown.phase === 'gap' || shown.phase === 'nothing' || shown.phase === 'trouble'
  return (
    <figure className="picture" data-camera={camera.id} data-phase={camera.closed ? 'closed' : shown.phase} data-active={active}
      onPointerDown={props.onActive} onDoubleClick={() => props.onSolo?.()}>
      <div ref={host} className="picture-host" />
      {camera.closed ? <ClosedRoom className="picture-slate" camera={camera.id} from="footage" /> : props.unknown ? <Unknown /> : (
        <>
          {scrubAt !== null && <Scrubbed camera={camera.id} at={scrubAt} />}
          {scrubAt === null && covered && <Slate camera={camera.id} shown={shown} track={track} onJump={props.onJump} />}
          {scrubAt === null && shown.phase === 'loading' && (
            <div className="picture-loading" role="status">
              <span className="spinner" aria-hidden="true" />
              <span className="visually-hidden">{t('state.loading')}</span>
            </div>
          )}
        </>
      )}
      <div className="picture-badges">
        {camera.mask && !camera.closed && <MaskMark camera={camera.mask} />}
        {camera.removed && <span className="picture-badge">{t('rec.removed')}</span>}
        {shown.phase === 'stills' && (
          <Hint text={t('rec.previewWhy', { codec: codecName(shown.codec ?? '') })}>
            <span className="picture-badge attention" tabIndex={0}>{t('rec.preview', { codec: codecName(shown.codec ?? '') })}</span>
          </Hint>
        )}
        {shown.growing && !camera.closed && <Growing playback={playback} />}
      </div>
      {!camera.closed && <RoomStrip camera={camera.id} />}
      <PictureMenu {...props} />
      <figcaption className="picture-foot">
        <span className="cut"><b>{camera.name}</b> <span className="picture-site">{camera.site}</span></span>
        {!camera.closed && shown.at !== null && !covered && scrubAt === null && <time className="picture-at">{playing ? clock(shown.at) : fineClock(shown.at)}</time>}
      </figcaption>
    </figure>
  )
}

/** Only near the present is it news that a file still grows. */
function Growing({ playback }: { playback: Playback }) {
  const { t } = useTranslation()
  const { live } = useStore(playback.state)
  if (!live) return null
  return <span className="picture-badge"><i className="mark running" /> {t('rec.growing')}</span>
}

function Scrubbed({ camera, at }: { camera: string; at: number }) {
  const { t } = useTranslation()
  const thumbnail = useThumbnail(camera, at, 60)
  return (
    <div className="picture-scrub">
      {thumbnail.src ? <img src={thumbnail.src} alt="" /> : thumbnail.state === 'none' && <span className="hatched picture-slate"><strong>{t('rec.noFootage')}</strong></span>}
    </div>
  )
}

function Unknown() {
  const { t } = useTranslation()
  return <div className="picture-slate hatched" role="alert"><strong>{t('rec.unknown')}</strong><span>{t('rec.unknownText')}</span></div>
}

function PictureMenu(props: Props) {
  const { t } = useTranslation()
  const [, navigate] = useLocation()
  return (
    <Menu align="end" trigger={
      <button className="button icon picture-menu" aria-label={t('rec.pictureMenu', { name: props.camera.name })} onPointerDown={(event) => event.stopPropagation()}>
        <Ellipsis size={17} />
      </button>
    }>
      {props.onSolo && <MenuItem icon={props.solo ? <Minimize2 size={15} /> : <Maximize2 size={15} />} onSelect={props.onSolo}>{t(props.solo ? 'rec.unsolo' : 'rec.solo')}</MenuItem>}
      <MenuItem icon={<RefreshCcw size={15} />} onSelect={props.onSwap}>{t('rec.swap')}</MenuItem>
      <MenuItem icon={<ArrowLeft size={15} />} disabled={props.first} onSelect={() => props.onMove(-1)}>{t('rec.moveFront')}</MenuItem>
      <MenuItem icon={<ArrowRight size={15} />} disabled={props.last} onSelect={() => props.onMove(1)}>{t('rec.moveBack')}</MenuItem>
      <MenuLine />
      <MenuItem icon={<Video size={15} />} disabled={props.camera.removed} onSelect={() => navigate(`/cameras/${encodeURIComponent(props.camera.id)}`)}>{t('action.live')}</MenuItem>
      <MenuItem icon={<Siren size={15} />} onSelect={() => navigate(`/alerts?camera=${encodeURIComponent(props.camera.id)}`)}>{t('rec.itsAlerts')}</MenuItem>
      <MenuLine />
      <MenuItem icon={<X size={15} />} onSelect={props.onRemove}>{t('rec.remove')}</MenuItem>
    </Menu>
  )
}
