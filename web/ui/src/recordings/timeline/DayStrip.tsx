// The day around the view, small: where in it one is, and a way to any other hour and to the days beside it.
import { ChevronLeft, ChevronRight } from 'lucide-react'
import { useEffect, useLayoutEffect, useRef, useState, type PointerEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { prepare } from '../../camera/overlay'
import { preferences } from '../../preferences/preferences'
import { useStore } from '../../preferences/store'
import { day, dayStart, weekday } from '../../time/format'
import { serverClock } from '../../time/serverClock'
import type { Playback } from '../player/playback'
import { useCoverages } from '../queries'
import { isAbsent, paletteOf } from './draw'
import { around, DAY, HOUR, spanOf, timeAt, xOf, type View } from './scale'

interface Props {
  cameras: readonly string[]
  view: View
  onView: (view: View) => void
  playback: Playback
}

export function DayStrip({ cameras, view, onView, playback }: Props) {
  const { t } = useTranslation()
  const middle = (view.start + view.end) / 2
  const start = Date.parse(dayStart(day(Math.min(middle, serverClock.now()))))
  const strip: View = { start, end: start + DAY }
  const rows = useCoverages(cameras, spanOf(view) > DAY ? null : strip)
  const canvas = useRef<HTMLCanvasElement>(null)
  const head = useRef<HTMLElement>(null)
  const [width, setWidth] = useState(0)
  const { theme } = useStore(preferences)
  const shown = spanOf(view) <= DAY

  useEffect(() => {
    const element = canvas.current
    if (!element) return
    const observer = new ResizeObserver(() => setWidth(element.clientWidth))
    observer.observe(element)
    return () => observer.disconnect()
  }, [shown])
  useLayoutEffect(() => {
    const context = canvas.current && width > 0 ? prepare(canvas.current) : null
    if (!context || !canvas.current) return
    const palette = paletteOf(canvas.current, context)
    const each = canvas.current.clientHeight / Math.max(1, rows.length)
    rows.forEach(({ coverage }, index) => {
      const put = (from: number, to: number) => {
        const x = Math.max(0, xOf(strip, width, from))
        context.fillRect(x, index * each, Math.max(1, xOf(strip, width, to) - x), Math.max(1, each - 1))
      }
      context.fillStyle = palette.recorded
      coverage?.recorded.forEach((span) => put(span.start, span.end))
      coverage?.gaps.forEach((gap) => {
        context.fillStyle = isAbsent(gap.cause) ? palette.absent : palette.gap
        put(gap.start, gap.end)
      })
      context.fillStyle = palette.breach
      coverage?.alerts.forEach((alert) => context.fillRect(xOf(strip, width, alert.at) - 0.75, index * each, 1.5, Math.max(1, each - 1)))
    })
  }, [rows, width, theme, start])
  useEffect(() => playback.onFrame((at) => {
    if (!head.current) return
    const inside = at >= start && at < start + DAY
    head.current.style.visibility = inside ? 'visible' : 'hidden'
    if (inside) head.current.style.left = `${((at - start) / DAY) * 100}%`
  }), [playback, start])

  const go = (to: number) => onView(around(to, spanOf(view), serverClock.now()))
  const drag = (event: PointerEvent<HTMLElement>) => {
    if (event.type === 'pointermove' && !event.currentTarget.hasPointerCapture(event.pointerId)) return
    const box = event.currentTarget.getBoundingClientRect()
    const at = timeAt(strip, box.width, Math.max(0, Math.min(box.width, event.clientX - box.left)))
    if (event.type === 'pointerdown') event.currentTarget.setPointerCapture(event.pointerId)
    go(Math.min(at, serverClock.now()))
  }
  const turn = (days: number) => {
    const at = playback.position() + days * DAY
    playback.seek(at)
    go(at)
  }
  if (!shown) return null
  const share = (at: number) => `${((Math.max(start, Math.min(start + DAY, at)) - start) / DAY) * 100}%`
  return (
    <div className="day-strip">
      <span className="day-strip-name">
        <button className="button quiet icon" aria-label={t('rec.dayBefore')} title={t('rec.dayBefore')} onClick={() => turn(-1)}><ChevronLeft size={16} /></button>
        <b>{weekday(start)}</b>
        <button className="button quiet icon" aria-label={t('rec.dayAfter')} title={t('rec.dayAfter')} disabled={start + DAY > serverClock.now()} onClick={() => turn(1)}><ChevronRight size={16} /></button>
      </span>
      <div className="day-strip-area" onPointerDown={drag} onPointerMove={drag} title={t('rec.dayStrip')}>
        <canvas ref={canvas} className="day-strip-canvas" aria-hidden="true" />
        {[3, 6, 9, 12, 15, 18, 21].map((hour) => (
          <span key={hour} className="day-strip-hour" style={{ left: `${(hour / 24) * 100}%` }}>{hour}</span>
        ))}
        <span className="day-strip-view" style={{ left: share(view.start), right: `calc(100% - ${share(Math.max(view.end, view.start + HOUR / 6))})` }} />
        <i ref={head} className="day-strip-head" />
      </div>
    </div>
  )
}
