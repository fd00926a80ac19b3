// What is drawn over a picture: zones and persons. Coordinates are fractions of the picture.
import type { Box, Zone } from '../api/types'

const RESTRICTED = '#ef5350'
const OTHER = '#6cabff'
const PERSON = '#58c08a'

/** Fits the canvas to its shown size and clears it. */
export function prepare(canvas: HTMLCanvasElement): CanvasRenderingContext2D | null {
  const scale = window.devicePixelRatio || 1
  const width = Math.round(canvas.clientWidth * scale)
  const height = Math.round(canvas.clientHeight * scale)
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width
    canvas.height = height
  }
  const context = canvas.getContext('2d')
  context?.setTransform(scale, 0, 0, scale, 0, 0)
  context?.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight)
  return context
}

export function drawZones(context: CanvasRenderingContext2D, zones: readonly Zone[], width: number, height: number): void {
  for (const zone of zones) {
    const points = zone.polygon ?? zone.points ?? []
    if (points.length < 2) continue
    const restricted = zone.kind === 'restricted'
    const colour = restricted ? RESTRICTED : OTHER
    context.beginPath()
    points.forEach(([x, y], index) => {
      if (index === 0) context.moveTo(x * width, y * height)
      else context.lineTo(x * width, y * height)
    })
    if (zone.polygon) {
      context.closePath()
      context.fillStyle = `${colour}1f`
      context.fill()
    }
    context.strokeStyle = colour
    context.lineWidth = 1.5
    context.setLineDash(restricted ? [] : [7, 5])
    context.stroke()
    context.setLineDash([])
    const [x, y] = points[0] ?? [0, 0]
    label(context, zone.name ?? zone.id, x * width + 4, y * height + 4, colour, width)
  }
}

export function drawPersons(context: CanvasRenderingContext2D, boxes: readonly Box[], width: number, height: number, colour = PERSON): void {
  for (const box of boxes) {
    const [x, y, w, h] = [box.x * width, box.y * height, box.w * width, box.h * height]
    context.lineWidth = 4
    context.strokeStyle = 'rgb(0 0 0 / 45%)'
    round(context, x, y, w, h)
    context.lineWidth = 2
    context.strokeStyle = colour
    round(context, x, y, w, h)
    if (typeof box.confidence === 'number') {
      label(context, `${Math.round(box.confidence * 100)}%`, x, Math.max(0, y - 19), colour, width)
    }
  }
}

export const ALERT_COLOUR = RESTRICTED

function round(context: CanvasRenderingContext2D, x: number, y: number, w: number, h: number): void {
  context.beginPath()
  context.roundRect(x, y, w, h, 3)
  context.stroke()
}

function label(context: CanvasRenderingContext2D, text: string, x: number, y: number, colour: string, limit: number): void {
  context.font = '600 11px "Inter Variable", Inter, sans-serif'
  const width = context.measureText(text).width + 10
  const left = Math.max(0, Math.min(x, limit - width))
  context.fillStyle = 'rgb(8 10 14 / 78%)'
  context.beginPath()
  context.roundRect(left, y, width, 17, 3)
  context.fill()
  context.fillStyle = colour
  context.textBaseline = 'middle'
  context.fillText(text, left + 5, y + 9)
}
