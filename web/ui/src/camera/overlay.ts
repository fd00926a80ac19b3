// What is drawn over a picture: zones and persons. Coordinates are fractions of the picture.
import type { Box, Rule, Severity, Zone } from '../api/types'
import type { Step, Track } from '../live/personBoxes'
import { arrowOf, contains, footOf, isLine, pointsOf, type Size } from './geometry'
import { placeLabels, type Box as Chip } from './labels'

const RESTRICTED = '#ef5350'
const OTHER = '#6cabff'
const PERSON = '#58c08a'
const CASE = 'rgb(0 0 0 / 45%)'

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

/** Names shall not move with every digit of a chip: its width counts in such steps (pixels). */
const CHIP_STEP = 48

/** The chips that lie over the canvas, in its pixels, each on its own side. */
export function chipsOver(canvas: HTMLCanvasElement): Chip[] {
  const found = canvas.parentElement?.querySelectorAll<HTMLElement>('.stage-persons, .live-badge') ?? []
  return [...found].map((chip) => {
    const [width, right] = [Math.ceil(chip.offsetWidth / CHIP_STEP) * CHIP_STEP, chip.offsetLeft + chip.offsetWidth]
    const left = right > canvas.clientWidth / 2 ? right - width : chip.offsetLeft
    return { left, top: chip.offsetTop, width, height: chip.offsetHeight }
  })
}

export interface Presence {
  /** Persons in each zone now, by its id; lines have none. */
  counts: Map<string, number>
  /** Tracks that stand in a zone of which a breach is going on. */
  breaching: Set<number>
}

/** Who stands where, by the feet: as the detector decides it. What is a breach, its alert says: a rule has hours and a dwell. */
export function presenceOf(zones: readonly Zone[], tracks: readonly Track[], breached: ReadonlySet<string>): Presence {
  const counts = new Map<string, number>()
  const breaching = new Set<number>()
  for (const zone of zones) {
    if (isLine(zone) || zone.kind === 'mask') continue
    const inside = tracks.filter((track) => contains(pointsOf(zone), footOf(track)))
    counts.set(zone.id, inside.length)
    if (breached.has(zone.id)) inside.forEach((track) => breaching.add(track.id))
  }
  return { counts, breaching }
}

export function drawZones(
  context: CanvasRenderingContext2D, zones: readonly Zone[], width: number, height: number,
  rules: readonly Rule[] = [], counts: ReadonlyMap<string, number> | null = null, chips: readonly Chip[] = [],
): void {
  for (const zone of zones) {
    const points = pointsOf(zone)
    if (points.length < 2) continue
    const colour = colourOf(zone)
    context.beginPath()
    points.forEach(([x, y], index) => {
      if (index === 0) context.moveTo(x * width, y * height)
      else context.lineTo(x * width, y * height)
    })
    if (!isLine(zone)) {
      context.closePath()
      context.fillStyle = `${colour}1f`
      context.fill()
    }
    context.strokeStyle = colour
    context.lineWidth = isLine(zone) ? 2 : 1.5
    context.setLineDash(zone.kind === 'area' ? [7, 5] : [])
    context.stroke()
    context.setLineDash([])
    if (isLine(zone)) drawWays(context, zone, rules, width, height, colour)
  }
  // Names last: no shape lies over one.
  const named = zones.map((zone) => ({ zone, text: zone.name ?? zone.id, count: counts?.get(zone.id) }))
  const places = placeLabels(zones, named.map(({ text, count }) => labelSize(context, text, count)), { width, height }, chips)
  named.forEach(({ zone, text, count }, index) => {
    const place = places[index]
    if (place) label(context, text, place.left, place.top, colourOf(zone), width, count)
  })
}

const colourOf = (zone: Zone) => (zone.kind === 'restricted' ? RESTRICTED : OTHER)

/** From a line's middle to the letter of a side; a letter keeps so far from the picture's edge. */
const SIDE_PX = 34
const LETTER_PX = 8

/** An arrow across the line for each way that a rule counts, and the letters of its two sides. */
function drawWays(context: CanvasRenderingContext2D, zone: Zone, rules: readonly Rule[], width: number, height: number, colour: string): void {
  const arrow = arrowOf(pointsOf(zone), { width, height })
  const ways = rules.filter((rule) => rule.kind === 'line_crossing' && rule.zone === zone.id).map((rule) => rule.direction ?? 'both')
  if (!arrow || ways.length === 0) return
  const [rightX, rightY] = arrow.right
  for (const [way, sign] of [['a_to_b', 1], ['b_to_a', -1]] as const) {
    if (!ways.includes(way) && !ways.includes('both')) continue
    const at = (along: number, aside: number) =>
      [arrow.x + (rightX * along - rightY * aside) * sign, arrow.y + (rightY * along + rightX * aside) * sign] as const
    context.beginPath()
    context.moveTo(...at(0, 0))
    context.lineTo(...at(14, 0))
    context.moveTo(...at(12, 6))
    context.lineTo(...at(22, 0))
    context.lineTo(...at(12, -6))
    context.closePath()
    context.strokeStyle = CASE
    context.lineWidth = 4
    context.stroke()
    context.strokeStyle = colour
    context.lineWidth = 2
    context.stroke()
    context.fillStyle = colour
    context.fill()
  }
  context.font = '600 13px "Inter Variable", Inter, sans-serif'
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  context.lineJoin = 'round'
  context.lineWidth = 3.5
  context.strokeStyle = 'rgb(0 0 0 / 75%)'
  context.fillStyle = '#ffffff'
  const kept = (at: number, length: number) => Math.max(LETTER_PX, Math.min(length - LETTER_PX, at))
  for (const [letter, side] of [['A', -SIDE_PX], ['B', SIDE_PX]] as const) {
    const at = [kept(arrow.x + rightX * side, width), kept(arrow.y + rightY * side, height)] as const
    context.strokeText(letter, ...at)
    context.fillText(letter, ...at)
  }
  context.textAlign = 'start'
  context.lineJoin = 'miter'
}

/** Persons found in one picture, as an alert keeps them. */
export function drawPersons(context: CanvasRenderingContext2D, boxes: readonly Box[], width: number, height: number, colour = PERSON): void {
  for (const box of boxes) {
    drawBox(context, box, width, height, colour)
    if (typeof box.confidence === 'number') {
      label(context, `${Math.round(box.confidence * 100)}%`, box.x * width, Math.max(0, box.y * height - 19), colour, width)
    }
  }
}

/** Of a box's strength so much is gone before it is forgotten. */
const FADE = 0.65

/** Tracks in the live picture: box, number, and the way that the feet came. Who breaches is red, and marked by a diamond; what is a guess is fainter. */
export function drawTracks(
  context: CanvasRenderingContext2D, tracks: readonly Track[], width: number, height: number,
  breaching: ReadonlySet<number>, trail: (id: number) => readonly Step[],
): void {
  for (const track of tracks) {
    const breach = breaching.has(track.id)
    const colour = breach ? RESTRICTED : PERSON
    drawTrail(context, track, trail(track.id), width, height, colour)
    context.globalAlpha = 1 - FADE * (track.guess ?? 0)
    drawBox(context, track, width, height, colour)
    context.globalAlpha = 1
    label(context, `${breach ? '◆ ' : ''}${track.id} · ${Math.round(track.confidence * 100)}%`, track.x * width, Math.max(0, track.y * height - 19), colour, width)
  }
}

function drawTrail(context: CanvasRenderingContext2D, track: Track, steps: readonly Step[], width: number, height: number, colour: string): void {
  const [x, y] = footOf(track)
  const way = [...steps, { x, y, age: 0 }]
  context.lineCap = 'round'
  for (const [style, thick] of [[CASE, 4.5], [colour, 2]] as const) {
    context.strokeStyle = style
    context.lineWidth = thick
    way.forEach((step, index) => {
      const next = way[index + 1]
      if (!next) return
      context.globalAlpha = (1 - step.age) ** 1.5
      context.beginPath()
      context.moveTo(step.x * width, step.y * height)
      context.lineTo(next.x * width, next.y * height)
      context.stroke()
    })
  }
  context.globalAlpha = 1
  context.lineCap = 'butt'
  context.beginPath()
  context.ellipse(x * width, y * height, 5, 3, 0, 0, 2 * Math.PI)
  context.fillStyle = colour
  context.fill()
}

/** Persons whom an alert is about, by its severity. */
export const ALERT_COLOURS: Record<Severity, string> = { critical: RESTRICTED, warning: '#f2b84b', info: OTHER }

function drawBox(context: CanvasRenderingContext2D, box: Pick<Box, 'x' | 'y' | 'w' | 'h'>, width: number, height: number, colour: string): void {
  const [x, y, w, h] = [box.x * width, box.y * height, box.w * width, box.h * height]
  for (const [style, thick] of [[CASE, 4], [colour, 2]] as const) {
    context.lineWidth = thick
    context.strokeStyle = style
    context.beginPath()
    context.roundRect(x, y, w, h, 3)
    context.stroke()
  }
}

const LABEL_FONT = '600 11px "Inter Variable", Inter, sans-serif'

function labelSize(context: CanvasRenderingContext2D, text: string, count?: number): Size & { textWidth: number } {
  context.font = LABEL_FONT
  const textWidth = context.measureText(text).width + 10
  return { textWidth, width: textWidth + (count === undefined ? 0 : context.measureText(String(count)).width + 24), height: 17 }
}

function label(
  context: CanvasRenderingContext2D, text: string, x: number, y: number, colour: string, limit: number, count?: number,
): void {
  const { textWidth, width, height } = labelSize(context, text, count)
  const left = Math.max(0, Math.min(x, limit - width))
  context.fillStyle = 'rgb(8 10 14 / 78%)'
  context.beginPath()
  context.roundRect(left, y, width, height, 3)
  context.fill()
  context.fillStyle = colour
  context.textBaseline = 'middle'
  context.fillText(text, left + 5, y + 9)
  if (count === undefined) return
  // A head and shoulders, and how many of them.
  const at = left + textWidth
  context.fillStyle = count > 0 ? '#ffffff' : 'rgb(255 255 255 / 55%)'
  context.beginPath()
  context.arc(at + 5, y + 5.5, 2.4, 0, 2 * Math.PI)
  context.fill()
  context.beginPath()
  context.arc(at + 5, y + 13.5, 4.4, Math.PI, 2 * Math.PI)
  context.fill()
  context.fillText(String(count), at + 13, y + 9)
}
