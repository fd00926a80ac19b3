// The footage of an alert from before it on, over its picture until it plays.
import { ChevronLeft, ChevronRight, Pause, Play, X } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useCamera } from '../../api/queries'
import type { Alert } from '../../api/types'
import { MaskMark } from '../../camera/MaskMark'
import { codecName } from '../../live/transport'
import { Store, useStore } from '../../preferences/store'
import { Playback } from '../../recordings/player/playback'
import type { Shown, Track } from '../../recordings/player/track'
import { useCoverages } from '../../recordings/queries'
import { Slate } from '../../recordings/Slate'
import { useShortcuts } from '../../shell/shortcuts'
import { clock, fineClock } from '../../time/format'
import { serverClock } from '../../time/serverClock'
import { clipSpan } from './span'

const MINUTE = 60_000
const LEAP_MS = 10_000
const none = new Store<Shown>({ phase: 'loading', gap: null, trouble: null, codec: null, at: null, growing: false })

export function Clip({ alert, onClose }: { alert: Alert; onClose: () => void }) {
  const { t } = useTranslation()
  const host = useRef<HTMLDivElement>(null)
  const id = alert.camera ?? ''
  const camera = useCamera(alert.camera).data
  const [begun] = useState(() => clipSpan(alert, serverClock.now()))
  const [made, setMade] = useState<{ playback: Playback; track: Track } | null>(null)
  useEffect(() => {
    if (!host.current) return undefined
    // What nobody recorded is told with its cause, not stepped over: the clip is of this moment.
    const playback = new Playback({ at: begun.start, speed: 1, skipGaps: () => false, findNext: () => Promise.resolve(null) })
    setMade({ playback, track: playback.track(id, host.current) })
    playback.play()
    return () => playback.close()
  }, [id, begun])
  const range = useMemo(() => ({ start: begun.start - MINUTE, end: begun.start + 60 * MINUTE }), [begun])
  const [row] = useCoverages([id], range)
  const coverage = row?.coverage
  useEffect(() => made?.playback.cover(id, coverage), [made, id, coverage])
  const shown = useStore(made?.track.shown ?? none)
  const covered = shown.phase === 'gap' || shown.phase === 'nothing' || shown.phase === 'trouble'
  return (
    <div className="clip" data-phase={shown.phase}>
      <div ref={host} className="picture-host" />
      {covered && made && <Slate camera={id} shown={shown} track={made.track} onJump={(at) => made.playback.seek(at)} />}
      {shown.phase === 'loading' && <div className="clip-loading" role="status"><span className="spinner" aria-hidden="true" /><span className="visually-hidden">{t('state.loading')}</span></div>}
      <div className="picture-badges">
        {camera && <MaskMark camera={camera} />}
        {shown.phase === 'stills' && <span className="picture-badge attention" title={t('rec.previewWhy', { codec: codecName(shown.codec ?? '') })}>{t('rec.preview', { codec: codecName(shown.codec ?? '') })}</span>}
      </div>
      <button className="button icon clip-close" aria-label={t('clip.close')} onClick={onClose}><X size={16} /></button>
      {made && <Controls alert={alert} playback={made.playback} camera={id} onClose={onClose} />}
    </div>
  )
}

function Controls({ alert, playback, camera, onClose }: { alert: Alert; playback: Playback; camera: string; onClose: () => void }) {
  const { t } = useTranslation()
  const { playing } = useStore(playback.state)
  const at = useStore(playback.coarse)
  const { start, end } = clipSpan(alert, playback.latest())
  // At its end it stands; pressed again it begins anew.
  useEffect(() => {
    if (playing && at >= end && end < playback.latest() - 500) playback.pause()
  }, [playing, at, end, playback])
  const seek = (to: number) => playback.seek(Math.max(start, Math.min(end, to)))
  const toggle = () => {
    if (!playing && playback.position() >= end) seek(start)
    playback.toggle()
  }
  const step = (direction: 1 | -1) => playback.step(direction, camera)
  useShortcuts({
    ' ': toggle,
    ArrowLeft: () => seek(playback.position() - LEAP_MS),
    ArrowRight: () => seek(playback.position() + LEAP_MS),
    ',': () => step(-1),
    '.': () => step(1),
    Escape: onClose,
  })
  const raised = Date.parse(alert.opened_at)
  return (
    <div className="clip-controls" onMouseDown={(event) => (event.target as HTMLElement).closest('button') && event.preventDefault()}>
      <button className="button icon" aria-label={t(playing ? 'rec.pause' : 'rec.play')} onClick={toggle}>{playing ? <Pause size={16} /> : <Play size={16} />}</button>
      <button className="button icon desk-only" aria-label={t('rec.frameBack')} onClick={() => step(-1)}><ChevronLeft size={16} /></button>
      <button className="button icon desk-only" aria-label={t('rec.frameOn')} onClick={() => step(1)}><ChevronRight size={16} /></button>
      <span className="clip-track">
        <input type="range" aria-label={t('clip.position')} aria-valuetext={clock(at)} min={start} max={Math.max(start + 1, end)} step={100} value={Math.min(Math.max(at, start), end)}
          onChange={(event) => seek(Number(event.target.value))} onPointerUp={(event) => event.currentTarget.blur()} />
        <i className="clip-raised" title={t('clip.raised', { time: clock(raised) })} style={{ left: `${Math.min(100, Math.max(0, ((raised - start) / Math.max(1, end - start)) * 100))}%` }} />
      </span>
      <time>{playing ? clock(at) : fineClock(at)}</time>
    </div>
  )
}
