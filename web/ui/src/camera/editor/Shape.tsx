// One shape on the sheet: its outline, its handles when selected, what is wrong with it, which way its line counts.
import { useTranslation } from 'react-i18next'
import type { Direction, Point, Rule, Zone } from '../../api/types'
import { arrowOf, crossings, isLine, pointsOf, type Size } from '../geometry'
import { offers, type Hit } from './hits'
import { isMask } from './masks'
import type { Selection } from './state'
import type { ZoneFault } from './validation'
import { zoneTitle } from './words'

const px = ([x, y]: Point, size: Size) => [x * size.width, y * size.height] as const
export const path = (points: readonly Point[], size: Size) => points.map((point) => px(point, size).map((value) => value.toFixed(1)).join()).join(' ')

const HATCH = 'mask-hatch'

/** What masks are filled with: dark enough to be told from zones, and who may see beneath does. */
export function Hatch() {
  return (
    <defs>
      <pattern id={HATCH} width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="9" height="9" fill="#0a0c10" fillOpacity="0.5" />
        <rect width="4" height="9" fill="#0a0c10" fillOpacity="0.36" />
      </pattern>
    </defs>
  )
}

interface Props {
  zone: Zone
  rules: readonly Rule[]
  size: Size
  selected: Selection
  hover: Hit | null
  fault: ZoneFault | undefined
  onCorner: (corner: number) => void
}

export function Shape({ zone, rules, size, selected, hover, fault, onCorner }: Props) {
  const { t } = useTranslation()
  const points = pointsOf(zone)
  const chosen = selected !== null && 'zone' in selected && selected.zone === zone.id ? selected : null
  const Outline = isLine(zone) ? 'polyline' : 'polygon'
  const drawn = path(points, size)
  const over = hover?.zone === zone.id ? hover : null
  return (
    <g className="shape" data-zone={zone.id} data-kind={zone.kind} data-selected={chosen !== null} data-hover={over !== null} data-wrong={fault !== undefined}>
      <Outline className="shape-case" points={drawn} />
      {isMask(zone) && <polygon className="shape-cover" points={drawn} style={{ fill: `url(#${HATCH})` }} />}
      <Outline className="shape-line" points={drawn} />
      {isLine(zone) && <Arrow points={points} size={size} directions={rules.filter((rule) => rule.kind === 'line_crossing').map((rule) => rule.direction ?? 'both')} sides={chosen !== null} />}
      {fault === 'crossing' && crossings(points, true).map((at, index) => {
        const [x, y] = px(at, size)
        return <path key={index} className="shape-cross" d={`M${x - 6},${y - 6}l12,12m0,-12l-12,12`} />
      })}
      {chosen && offers(zone, size).map((offer) => {
        const [x, y] = px(offer.at, size)
        return (
          <g key={`offer ${offer.index}`} className="offer" data-hover={over !== null && 'insert' in over && over.insert === offer.index}>
            <circle cx={x} cy={y} r={5} />
            <path d={`M${x - 2.5},${y}h5M${x},${y - 2.5}v5`} />
          </g>
        )
      })}
      {chosen && points.map((point, index) => {
        const [x, y] = px(point, size)
        return (
          <circle key={index} className="corner" cx={x} cy={y} r={chosen.corner === index ? 7.5 : 6} tabIndex={0} role="button"
            data-corner={index} data-selected={chosen.corner === index} data-hover={over !== null && 'corner' in over && over.corner === index}
            aria-label={t('editor.cornerLabel', { corner: index + 1, name: zoneTitle(zone), x: Math.round(point[0] * 100), y: Math.round(point[1] * 100) })}
            aria-pressed={chosen.corner === index} onFocus={() => onCorner(index)} />
        )
      })}
    </g>
  )
}

/** Both sides by their letters, and an arrow for each way that a rule counts. */
function Arrow({ points, size, directions, sides }: { points: readonly Point[]; size: Size; directions: readonly Direction[]; sides: boolean }) {
  const arrow = arrowOf(points, size)
  if (!arrow || (directions.length === 0 && !sides)) return null
  const { x, y, right: [dx, dy] } = arrow
  const counts = (way: Direction) => directions.includes(way) || directions.includes('both')
  return (
    <g className="way">
      {counts('a_to_b') && <ArrowHead x={x} y={y} dx={dx} dy={dy} shaft={counts('b_to_a') ? 0 : 20} />}
      {counts('b_to_a') && <ArrowHead x={x} y={y} dx={-dx} dy={-dy} shaft={counts('a_to_b') ? 0 : 20} />}
      <text x={x - dx * 42} y={y - dy * 42}>A</text>
      <text x={x + dx * 42} y={y + dy * 42}>B</text>
    </g>
  )
}

/** From behind the line, where `shaft` is set, to 26 px beyond it. */
function ArrowHead({ x, y, dx, dy, shaft }: { x: number; y: number; dx: number; dy: number; shaft: number }) {
  const at = (along: number, aside: number) => `${(x + dx * along - dy * aside).toFixed(1)},${(y + dy * along + dx * aside).toFixed(1)}`
  const d = `M${at(-shaft, 0)}L${at(18, 0)}M${at(15, 8)}L${at(27, 0)}L${at(15, -8)}Z`
  return (
    <>
      <path className="way-case" d={d} />
      <path className="way-line" d={d} />
    </>
  )
}
