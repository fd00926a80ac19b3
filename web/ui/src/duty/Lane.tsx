// One row of the roster: its shifts, its gaps, and a new shift dragged over it.
import { CircleAlert } from 'lucide-react'
import { use, useRef, useState, type CSSProperties, type PointerEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { word } from '../i18n'
import { SessionContext } from '../shell/shellState'
import { clock } from '../time/format'
import { dragged, placeOf, within } from './geometry'
import type { Bar, Row } from './rows'
import { ending, turn } from './said'
import type { Span } from './times'
import type { Shift } from './types'

/** Less is a click. */
const DRAG_PX = 5
/** Of the width: what is narrower has no room for words. */
const ROOMY = 0.06

interface Props {
  row: Row
  days: readonly Span[]
  now: number
  may: boolean
  onOpen: (shift: Shift) => void
  onNew: (span: Span) => void
}

const place = (span: Span, days: readonly Span[]): CSSProperties | null => {
  const found = placeOf(span, days)
  return found && { left: `${100 * found.left}%`, width: `${100 * found.width}%` }
}

export function Lane({ row, days, now, may, onOpen, onNew }: Props) {
  const { t } = useTranslation()
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null)
  const begun = useRef<{ x: number; share: number } | null>(null)
  const share = (event: PointerEvent<HTMLElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    return (event.clientX - left) / width
  }
  const span = drag && dragged(drag.from, drag.to, days)
  const stop = () => {
    begun.current = null
    setDrag(null)
  }
  const shown: Span = { start: days[0]?.start ?? 0, end: days.at(-1)?.end ?? 0 }
  return (
    <div className="week-lane" data-may={may} style={{ '--lanes': row.lanes } as CSSProperties}
      onPointerDown={(event) => {
        // A finger scrolls; what it wants to add it says by a gap or the form.
        if (!may || event.button !== 0 || event.pointerType === 'touch' || (event.target as HTMLElement).closest('[data-shift]')) return
        begun.current = { x: event.clientX, share: share(event) }
      }}
      onPointerMove={(event) => {
        const from = begun.current
        if (!from || (!drag && Math.abs(event.clientX - from.x) < DRAG_PX)) return
        // From here on what is under the pointer gets no click of it.
        event.currentTarget.setPointerCapture(event.pointerId)
        setDrag({ from: from.share, to: share(event) })
      }}
      onPointerUp={() => {
        stop()
        if (span) onNew(span)
      }}
      onPointerCancel={stop}>
      {row.gaps.map((gap) => <Gap key={gap.start} gap={within(gap, shown) ?? gap} days={days} over={gap.end <= now} may={may} onNew={onNew} />)}
      {row.bars.map((bar) => <ShiftBar key={bar.shift.id} bar={bar} days={days} now={now} onOpen={onOpen} />)}
      {span && <i className="week-drag" style={place(span, days) ?? {}}><b>{clock(span.start, false)}–{ending(span.end)}</b></i>}
      {row.gaps.length === 0 && row.bars.length === 0 && <span className="visually-hidden">{t('roster.noShift')}</span>}
    </div>
  )
}

function Gap({ gap, days, over, may, onNew }: { gap: Span; days: readonly Span[]; over: boolean; may: boolean; onNew: (span: Span) => void }) {
  const { t } = useTranslation()
  const where = place(gap, days)
  if (!where) return null
  const text = t('gaps.at', { time: turn(gap.start, gap.end) })
  const words = !over && (placeOf(gap, days)?.width ?? 0) > ROOMY && <span className="cut">{t('gaps.short')}</span>
  return may && !over
    ? <button type="button" className="week-gap hatched" style={where} title={text} aria-label={t('gaps.fill', { time: turn(gap.start, gap.end) })} onClick={() => onNew(gap)}>{words}</button>
    : <span className="week-gap hatched" data-over={over} style={where} title={text}><span className="visually-hidden">{text}</span>{words}</span>
}

function ShiftBar({ bar, days, now, onOpen }: { bar: Bar; days: readonly Span[]; now: number; onOpen: (shift: Shift) => void }) {
  const { t } = useTranslation()
  const own = use(SessionContext)?.user.username === bar.shift.user
  const where = place(bar, days)
  if (!where) return null
  const { shift } = bar
  const found = placeOf(bar, days)
  const unable = shift.able === false
  const said = [shift.user, word('duty', shift.duty), turn(bar.start, bar.end), unable && t('shift.unable'), shift.note].filter(Boolean).join(' · ')
  return (
    <button type="button" className="week-bar" data-shift={shift.id} data-own={own} data-over={bar.end <= now} data-before={found?.before} data-after={found?.after} data-unable={unable}
      style={{ ...where, '--lane': bar.lane } as CSSProperties} title={said} aria-label={said} onClick={() => onOpen(shift)}>
      {unable && <CircleAlert size={12} aria-hidden="true" />}<b className="cut">{shift.user}</b><small className="cut">{clock(bar.start, false)}–{ending(bar.end)}</small>
    </button>
  )
}
