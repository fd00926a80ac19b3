// The buttons beneath the timeline: play, step, speed; how well the pictures are in step; the marks and what to do with them.
import { ChevronLeft, ChevronRight, Lock, Pause, Play, Redo2, SkipForward, Undo2, X } from 'lucide-react'
import { useSyncExternalStore, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Hint } from '../controls/Hint'
import { useStore } from '../preferences/store'
import { duration, moment, number, span, stretch } from '../time/format'
import { serverClock } from '../time/serverClock'
import type { Playback } from './player/playback'
import { framesFor, SPEEDS } from './player/windows'
import type { Marked } from './timeline/Marks'

export interface TransportActions {
  step: (direction: 1 | -1) => void
  leap: (seconds: number) => void
  live: () => void
  markIn: () => void
  markOut: () => void
  clearMarks: () => void
  hold: () => void
}

export function Transport({ playback, marks, mayHold, actions }: { playback: Playback; marks: Marked; mayHold: boolean; actions: TransportActions }) {
  const { t } = useTranslation()
  const { playing, speed, live } = useStore(playback.state)
  return (
    // A button pressed by mouse does not keep the focus: Space stays play and pause.
    <div className="transport" role="toolbar" aria-label={t('rec.transport')} onMouseDown={(event) => event.preventDefault()}>
      <span className="transport-group">
        <Key name={t('rec.back10')} keys="←" onPress={() => actions.leap(-10)}><Undo2 size={16} /><span className="transport-ten">10</span></Key>
        <Key name={t('rec.frameBack')} keys="," onPress={() => actions.step(-1)}><ChevronLeft size={16} /></Key>
        <button className="button primary transport-play" onClick={() => playback.toggle()} aria-label={t(playing ? 'rec.pause' : 'rec.play')}>
          {playing ? <Pause size={16} /> : <Play size={16} />} <span className="desk-only">{t(playing ? 'rec.pause' : 'rec.play')}</span>
        </button>
        <Key name={t('rec.frameOn')} keys="." onPress={() => actions.step(1)}><ChevronRight size={16} /></Key>
        <Key name={t('rec.on10')} keys="→" onPress={() => actions.leap(10)}><Redo2 size={16} /><span className="transport-ten">10</span></Key>
      </span>
      <span className="segmented desk-only" role="group" aria-label={t('rec.speed')}>
        {SPEEDS.map((one) => (
          <button key={one} aria-pressed={speed === one} onClick={() => playback.setSpeed(one)}>{number(one, one < 1 ? 1 : 0)}×</button>
        ))}
      </span>
      <select className="select phone-only" aria-label={t('rec.speed')} value={speed} onMouseDown={(event) => event.stopPropagation()}
        onChange={(event) => playback.setSpeed(SPEEDS.find((one) => one === Number(event.target.value)) ?? 1)}>
        {SPEEDS.map((one) => <option key={one} value={one}>{number(one, one < 1 ? 1 : 0)}×</option>)}
      </select>
      <button className="button quiet" onClick={actions.live} aria-pressed={live}>
        <SkipForward size={15} /> <span>{t('rec.now')}</span> {live && <Behind playback={playback} />}
      </button>
      <InStep playback={playback} />
      <span className="transport-space" />
      <span className="transport-group">
        <Key name={t('rec.markIn')} keys="I" onPress={actions.markIn} pressed={marks.from !== null}><kbd>I</kbd><span className="mark-word">{t('rec.markIn')}</span></Key>
        <Key name={t('rec.markOut')} keys="O" onPress={actions.markOut} pressed={marks.to !== null}><kbd>O</kbd><span className="mark-word">{t('rec.markOut')}</span></Key>
        {(marks.from !== null || marks.to !== null) && (
          <>
            <span className="transport-marks">{said(marks)}{marks.from !== null && marks.to !== null && <span className="desk-wide"> · {duration(marks.to - marks.from)}</span>}</span>
            <Key name={t('rec.clearMarks')} keys="Esc" onPress={actions.clearMarks}><X size={15} /></Key>
          </>
        )}
      </span>
      {mayHold && (
        <Hint side="top" text={marks.from !== null && marks.to !== null ? <>{t('hold.hint')} <kbd>H</kbd></> : t('hold.marksFirst')}>
          <button className="button transport-hold" aria-disabled={marks.from === null || marks.to === null} onClick={actions.hold}>
            <Lock size={14} /> {t('hold.open')}
          </button>
        </Hint>
      )}
    </div>
  )
}

/** The newest footage is that which is written: how far it is behind the present is said. */
function Behind({ playback }: { playback: Playback }) {
  const { t } = useTranslation()
  const behind = useSyncExternalStore(playback.coarse.subscribe, () => Math.round((serverClock.now() - playback.coarse.get()) / 1000))
  return <small className="transport-behind">{t('live.late', { age: span(behind * 1000) })}</small>
}

function said({ from, to }: Marked): string {
  if (from !== null && to !== null) return stretch(from, to)
  return from !== null ? `${moment(from)} –` : `– ${moment(to ?? 0)}`
}

function Key(props: { name: string; keys: string; onPress: () => void; children: ReactNode; pressed?: boolean }) {
  return (
    <Hint side="top" text={<>{props.name} <kbd>{props.keys}</kbd></>}>
      <button className="button transport-key" aria-label={props.name} onClick={props.onPress}
        {...(props.pressed === undefined ? {} : { 'aria-pressed': props.pressed })}>
        {props.children}
      </button>
    </Hint>
  )
}

function InStep({ playback }: { playback: Playback }) {
  const { t } = useTranslation()
  const { inStep, skewMs, waiting, playing, speed } = useStore(playback.state)
  const note = useStore(playback.note)
  const text = note?.kind === 'skipped' ? t('rec.skipped', { span: duration(note.to - note.from) })
    : note?.kind === 'end' ? t('rec.noMore')
      : waiting && playing ? t('rec.waiting')
        : inStep > 1 && skewMs !== null ? t('rec.inStep', { count: inStep, skew: number(skewMs / 1000, 2) })
          : framesFor(speed) === 'key' ? t('rec.keyFrames') : ''
  return <span className="transport-status cut" role="status" data-skew={skewMs ?? ''} data-note={note?.kind ?? ''}>{text}</span>
}
