// The rows of the timeline on a canvas: footage, gaps, persons, alerts, holds. Positions come from scale.ts.
import type { Alert, Severity } from '../../api/types'
import { worst } from '../../camera/timelineSpans'
import { lowerBound, type Coverage } from '../coverage'
import { xOf, type View } from './scale'

export const RULER = 26
export const ROW_GAP = 5
export const HEAT = 7

export interface Palette {
  ground: string
  recorded: string
  gap: CanvasPattern | string
  absent: CanvasPattern | string
  twice: CanvasPattern | string
  heat: [number, number, number]
  breach: string
  attention: string
  info: string
  text: string
}

export interface Layout {
  width: number
  rowHeight: number
}

export const rowTop = (layout: Layout, index: number) => RULER + index * (layout.rowHeight + ROW_GAP)

/** Alerts nearer than this many pixels to each other share a mark. */
const TOGETHER = 11

export interface Cluster {
  x: number
  alerts: (Alert & { at: number })[]
}

export function clustersOf(alerts: Coverage['alerts'], view: View, width: number): Cluster[] {
  const found: Cluster[] = []
  for (const alert of alerts) {
    if (alert.at < view.start || alert.at > view.end) continue
    const x = xOf(view, width, alert.at)
    const last = found.at(-1)
    if (last && x - last.x < TOGETHER) last.alerts.push(alert)
    else found.push({ x, alerts: [alert] })
  }
  return found
}

/** Spans of what nobody could have recorded are not a loss. */
export const isAbsent = (cause: string) => cause === 'disabled' || cause === 'deleted'

export function drawRow(context: CanvasRenderingContext2D, coverage: Coverage | undefined, top: number, layout: Layout, view: View, palette: Palette): void {
  const { width, rowHeight: height } = layout
  context.save()
  context.beginPath()
  context.roundRect(0, top, width, height, 4)
  context.clip()
  context.fillStyle = palette.ground
  context.fillRect(0, top, width, height)
  if (coverage) {
    const band = height - HEAT
    const fill = (start: number, end: number, h: number) => {
      const left = Math.max(0, xOf(view, width, start))
      context.fillRect(left, top, Math.max(1, Math.min(width, xOf(view, width, end)) - left), h)
    }
    context.fillStyle = palette.recorded
    for (const span of coverage.recorded) if (span.end > view.start && span.start < view.end) fill(span.start, span.end, height)
    for (const gap of coverage.gaps) {
      if (gap.end <= view.start || gap.start >= view.end) continue
      context.fillStyle = isAbsent(gap.cause) ? palette.absent : palette.gap
      fill(gap.start, gap.end, height)
    }
    context.fillStyle = palette.twice
    for (const span of coverage.twice) if (span.end > view.start && span.start < view.end) fill(span.start, span.end, band)
    drawHeat(context, coverage, top + band, layout, view, palette)
    drawHolds(context, coverage, top, layout, view, palette)
    drawAlerts(context, coverage, top, layout, view, palette)
  }
  context.restore()
}

function drawHeat(context: CanvasRenderingContext2D, coverage: Coverage, top: number, layout: Layout, view: View, palette: Palette): void {
  const { width } = layout
  const minute = Math.max(1, xOf(view, width, view.start + 60_000))
  const columns = new Uint16Array(Math.ceil(width))
  const last = lowerBound(coverage.countAt, view.end)
  for (let index = lowerBound(coverage.countAt, view.start - 60_000); index < last; index += 1) {
    const most = coverage.countMax[index] ?? 0
    if (most === 0) continue
    const x = xOf(view, width, coverage.countAt[index] ?? 0)
    for (let at = Math.max(0, Math.floor(x)); at < x + minute && at < columns.length; at += 1) columns[at] = Math.max(columns[at] ?? 0, most)
  }
  const [r, g, b] = palette.heat
  for (let x = 0; x < columns.length;) {
    const most = columns[x] ?? 0
    let end = x + 1
    while (end < columns.length && columns[end] === most) end += 1
    if (most > 0) {
      context.fillStyle = `rgb(${r} ${g} ${b} / ${Math.min(1, 0.3 + most * 0.16)})`
      context.fillRect(x, top, end - x, HEAT)
    }
    x = end
  }
}

function drawHolds(context: CanvasRenderingContext2D, coverage: Coverage, top: number, layout: Layout, view: View, palette: Palette): void {
  for (const hold of coverage.holds) {
    if (hold.end <= view.start || hold.start >= view.end) continue
    const left = xOf(view, layout.width, hold.start)
    const right = Math.max(left + 10, xOf(view, layout.width, hold.end))
    context.strokeStyle = palette.text
    context.lineWidth = 1.5
    context.beginPath()
    context.moveTo(left + 0.75, top + 9)
    context.lineTo(left + 0.75, top + 1)
    context.lineTo(right - 0.75, top + 1)
    context.lineTo(right - 0.75, top + 9)
    context.stroke()
    lock(context, Math.max(3, left + 4), top + 4, palette.text)
  }
}

function lock(context: CanvasRenderingContext2D, x: number, y: number, colour: string): void {
  context.fillStyle = colour
  context.fillRect(x, y + 4, 8, 6)
  context.lineWidth = 1.4
  context.beginPath()
  context.arc(x + 4, y + 4, 2.4, Math.PI, 0)
  context.stroke()
}

function drawAlerts(context: CanvasRenderingContext2D, coverage: Coverage, top: number, layout: Layout, view: View, palette: Palette): void {
  const middle = top + (layout.rowHeight - HEAT) / 2
  for (const { x, alerts } of clustersOf(coverage.alerts, view, layout.width)) {
    const severity = worst(alerts)
    const size = alerts.length > 1 ? 6.5 : 5
    context.fillStyle = { critical: palette.breach, warning: palette.attention, info: palette.info }[severity]
    context.fillRect(x - 0.75, top, 1.5, layout.rowHeight)
    context.strokeStyle = palette.ground
    context.lineWidth = 1.5
    context.beginPath()
    shape(context, severity, x, middle, size)
    context.stroke()
    context.fill()
  }
}

/** As an alert's mark is everywhere: diamond, disc, square. */
function shape(context: CanvasRenderingContext2D, severity: Severity, x: number, y: number, size: number): void {
  if (severity === 'warning') context.arc(x, y, size - 1, 0, 2 * Math.PI)
  else if (severity === 'info') context.rect(x - size + 1, y - size + 1, 2 * size - 2, 2 * size - 2)
  else {
    context.moveTo(x, y - size)
    context.lineTo(x + size, y)
    context.lineTo(x, y + size)
    context.lineTo(x - size, y)
    context.closePath()
  }
}

/** The colours of the page as it looks now. */
export function paletteOf(element: HTMLElement, context: CanvasRenderingContext2D): Palette {
  const style = getComputedStyle(element)
  const colour = (name: string) => style.getPropertyValue(name).trim()
  return {
    ground: colour('--tl-ground'), recorded: colour('--tl-recorded'),
    gap: hatch(context, colour('--tl-gap-a'), colour('--tl-gap-b')),
    absent: hatch(context, colour('--hatch-a'), colour('--hatch-b')),
    twice: rules(context, colour('--text')),
    heat: channels(colour('--attention')),
    breach: colour('--breach'), attention: colour('--attention'), info: colour('--accent'), text: colour('--text'),
  }
}

function channels(hex: string): [number, number, number] {
  const value = parseInt(hex.slice(1), 16)
  return [value >> 16, (value >> 8) & 255, value & 255]
}

function hatch(context: CanvasRenderingContext2D, a: string, b: string): CanvasPattern | string {
  const tile = document.createElement('canvas')
  tile.width = tile.height = 10
  const pen = tile.getContext('2d')
  if (!pen) return a
  pen.fillStyle = a
  pen.fillRect(0, 0, 10, 10)
  pen.strokeStyle = b
  pen.lineWidth = 3.5
  for (const shift of [-10, 0, 10]) {
    pen.beginPath()
    pen.moveTo(shift - 2, 12)
    pen.lineTo(shift + 12, -2)
    pen.stroke()
  }
  return context.createPattern(tile, 'repeat') ?? a
}

/** Thin upright lines, through which the footage shows. */
function rules(context: CanvasRenderingContext2D, colour: string): CanvasPattern | string {
  const tile = document.createElement('canvas')
  tile.width = 5
  tile.height = 1
  const pen = tile.getContext('2d')
  if (!pen) return 'transparent'
  pen.globalAlpha = 0.35
  pen.fillStyle = colour
  pen.fillRect(0, 0, 1, 1)
  return context.createPattern(tile, 'repeat') ?? 'transparent'
}
