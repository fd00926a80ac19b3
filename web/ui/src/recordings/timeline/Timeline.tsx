// All cameras on one axis of time: rows, ruler, playhead, marks, and what is under the pointer.
import { RotateCw } from 'lucide-react'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNow } from '../../shell/ticking'
import { Problem } from '../../api/client'
import { prepare } from '../../camera/overlay'
import { preferences } from '../../preferences/preferences'
import { useStore } from '../../preferences/store'
import { clock, moment, weekday, zoneOffset } from '../../time/format'
import type { Playback } from '../player/playback'
import type { Row } from '../queries'
import type { TimelineCamera } from './camera'
import { clustersOf, drawRow, paletteOf, ROW_GAP, rowTop, RULER } from './draw'
import { useGestures } from './gestures'
import { Marks, type Marked } from './Marks'
import { Playhead } from './Playhead'
import { Pointed, type Point } from './Pointed'
import { DAY, panned, spanOf, ticks, timeAt, xOf, zoomed, type View } from './scale'

/** Half the width of a time (pixels): one that would be cut at an edge is not written. */
const LABEL = 30

interface Props {
  cameras: TimelineCamera[]
  rows: Row[]
  active: string | null
  onActive: (camera: string) => void
  playback: Playback
  view: View
  onView: (view: View) => void
  marks: Marked
  onMarks: (marks: Marked) => void
  rowHeight: number
}

export function Timeline(props: Props) {
  const { t } = useTranslation()
  const { cameras, rows, view, playback, rowHeight } = props
  const area = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const [width, setWidth] = useState(0)
  const [pointer, setPointer] = useState<Omit<Point, 'at'> | null>(null)
  const { theme } = useStore(preferences)
  const now = useNow(1000)
  const layout = { width, rowHeight }
  const height = RULER + cameras.length * (rowHeight + ROW_GAP)

  useEffect(() => {
    if (!area.current) return
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)))
    observer.observe(area.current)
    return () => observer.disconnect()
  }, [])
  useLayoutEffect(() => {
    const context = canvas.current && width > 0 ? prepare(canvas.current) : null
    if (!context || !area.current) return
    const palette = paletteOf(area.current, context)
    rows.forEach((row, index) => drawRow(context, row.coverage, rowTop({ width, rowHeight }, index), { width, rowHeight }, view, palette))
  }, [rows, view, width, height, rowHeight, theme])

  const rowAt = (y: number) => Math.max(0, Math.min(cameras.length - 1, Math.floor((y - RULER) / (rowHeight + ROW_GAP))))
  useGestures(area, {
    onClick: (x, y) => {
      const camera = cameras[rowAt(y)]
      if (y > RULER && camera) props.onActive(camera.id)
      const near = y > RULER ? clustersOf(rows[rowAt(y)]?.coverage?.alerts ?? [], view, width).find((one) => Math.abs(one.x - x) < 7) : undefined
      // On an alert's mark: from before it, where one sees how it came about.
      playback.seek(near?.alerts[0] ? near.alerts[0].at - 10_000 : timeAt(view, width, x))
    },
    onPan: (dx) => props.onView(panned(view, (-dx / Math.max(1, width)) * spanOf(view), now)),
    onZoom: (factor, x) => {
      setPointer(null)
      props.onView(zoomed(view, factor, timeAt(view, width, x), now))
    },
    onHover: (x, y) => {
      const own = cameras.findIndex((one) => one.id === props.active)
      setPointer({ x, row: y > RULER ? rowAt(y) : Math.max(0, own), alerts: y > RULER })
    },
    onLeave: () => setPointer(null),
  })
  // What it points at changes when the view moves beneath it.
  const point = pointer && { ...pointer, at: timeAt(view, width, pointer.x) }
  const nowX = xOf(view, width, now)
  return (
    <div className="tl">
      <div className="tl-names" style={{ paddingTop: RULER }}>
        {cameras.map((camera, index) => (
          <button key={camera.id} className="tl-name" aria-pressed={camera.id === props.active} title={`${camera.site} · ${camera.name}`}
            style={{ height: rowHeight, marginBottom: ROW_GAP }} onClick={() => props.onActive(camera.id)}>
            <b className="tl-number">{index + 1}</b>
            <span className="tl-label">
              <span className="cut">{camera.name}</span>
              {camera.label !== camera.name && <small className="cut">{camera.site}</small>}
            </span>
          </button>
        ))}
      </div>
      <div ref={area} className="tl-area" style={{ height }} role="group" aria-label={t('rec.timeline')}>
        <canvas ref={canvas} className="tl-canvas" aria-hidden="true" />
        {ticks(view, width, zoneOffset).map(({ at, midnight, seconds }) => (
          <span key={at} className="tl-tick" data-day={midnight} style={{ left: xOf(view, width, at) }}>
            {Math.min(xOf(view, width, at), width - xOf(view, width, at)) >= LABEL && (midnight || spanOf(view) > 20 * DAY ? weekday(at) : clock(at, seconds))}
          </span>
        ))}
        {nowX < width && <span className="tl-ahead hatched" style={{ left: Math.max(0, nowX), top: RULER }} title={t('rec.ahead')} />}
        {rows.map((row, index) => (row.error && !row.coverage ? (
          <span key={cameras[index]?.id} className="tl-failed" style={{ top: rowTop(layout, index), height: rowHeight }}>
            {row.error instanceof Problem && row.error.status === 404 ? t('rec.unknown') : (
              <>
                {t('rec.timelineFailed')}
                <button className="button" onPointerDown={(event) => event.stopPropagation()} onClick={row.retry}><RotateCw size={13} /> {t('action.retry')}</button>
              </>
            )}
          </span>
        ) : row.loading && !row.coverage ? (
          <span key={cameras[index]?.id} className="tl-loading skeleton" style={{ top: rowTop(layout, index), height: rowHeight }} />
        ) : null))}
        <Marks marks={props.marks} onChange={props.onMarks} view={view} width={width} playback={playback} />
        <Playhead playback={playback} view={view} width={width} label={(at) => (spanOf(view) > DAY ? moment(at) : clock(at))} />
        {point && <Pointed point={point} cameras={cameras} rows={rows} view={view} width={width} />}
      </div>
    </div>
  )
}
