// The marked stretch: shaded across all rows, a handle at each end.
import { useTranslation } from 'react-i18next'
import { moment } from '../../time/format'
import type { Playback } from '../player/playback'
import { useHandle } from './handle'
import { xOf, type View } from './scale'

export interface Marked {
  from: number | null
  to: number | null
}

interface Props {
  marks: Marked
  onChange: (marks: Marked) => void
  view: View
  width: number
  playback: Playback
}

export function Marks({ marks, onChange, view, width, playback }: Props) {
  const { from, to } = marks
  const [left, right] = [from === null ? null : xOf(view, width, from), to === null ? null : xOf(view, width, to)]
  const clip = (x: number) => Math.max(-2, Math.min(width + 2, x))
  return (
    <>
      {left !== null && right !== null && right > 0 && left < width && (
        <span className="tl-marked" style={{ left: clip(left), width: Math.max(0, clip(right) - clip(left)) }} />
      )}
      {from !== null && left !== null && left >= 0 && left <= width && (
        <Handle side="in" x={left} at={from} view={view} width={width} playback={playback}
          onMove={(at) => onChange({ from: to === null ? at : Math.min(at, to - 1000), to })} />
      )}
      {to !== null && right !== null && right >= 0 && right <= width && (
        <Handle side="out" x={right} at={to} view={view} width={width} playback={playback}
          onMove={(at) => onChange({ from, to: from === null ? at : Math.max(at, from + 1000) })} />
      )}
    </>
  )
}

function Handle(props: { side: 'in' | 'out'; x: number; at: number; view: View; width: number; playback: Playback; onMove: (at: number) => void }) {
  const { t } = useTranslation()
  const name = t(props.side === 'in' ? 'rec.markIn' : 'rec.markOut')
  const whole = (at: number) => Math.round(at / 1000) * 1000
  const handle = useHandle(props.view, props.width,
    (at) => {
      props.onMove(whole(at))
      // The pictures say where the mark comes to stand.
      props.playback.scrub(at)
    },
    (at) => props.playback.seek(whole(at)))
  return (
    <button className="tl-mark" data-side={props.side} style={{ left: props.x }} role="slider" aria-label={name}
      aria-valuenow={props.at} aria-valuetext={moment(props.at)} title={`${name} ${moment(props.at)}`} {...handle} />
  )
}
