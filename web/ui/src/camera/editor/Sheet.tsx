// The sheet over the picture on which zones and lines are drawn.
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Point, Zone } from '../../api/types'
import { distance, type Size } from '../geometry'
import { placeLabels } from '../labels'
import { rulesOn } from './draft'
import { REACH } from './hits'
import { isMask } from './masks'
import { Hatch, path, Shape } from './Shape'
import { draftOf } from './state'
import type { Editor } from './useEditor'
import { useEditorKeys } from './useEditorKeys'
import { usePointer } from './usePointer'
import type { Faults } from './validation'
import { zoneTitle } from './words'

export function Sheet({ editor }: { editor: Editor }) {
  const { t } = useTranslation()
  const { state, dispatch, faults } = editor
  const root = useRef<HTMLDivElement>(null)
  const svg = useRef<SVGSVGElement>(null)
  const [size, setSize] = useState<Size>({ width: 0, height: 0 })
  const { pointer, setPointer, hover, handlers } = usePointer(svg, size, editor)
  useEditorKeys(editor, svg, size, pointer, setPointer)
  useLayoutEffect(() => {
    const element = root.current
    if (!element) return
    const measure = () => setSize({ width: element.clientWidth, height: element.clientHeight })
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  const { sketch, selected } = state
  // The tool's button would take Enter and Space for itself.
  useEffect(() => {
    if (!sketch) return
    svg.current?.focus({ preventScroll: true })
    root.current?.scrollIntoView({ block: 'nearest' })
  }, [sketch !== null])
  const draft = draftOf(state)
  const cursor = sketch ? 'crosshair' : hover === null ? 'default' : 'corner' in hover ? 'grab' : 'insert' in hover ? 'copy' : 'move'
  // Masks cover no zone, and the selected one is drawn last: its handles lie over its neighbours.
  const chosen = selected !== null && 'zone' in selected ? selected.zone : null
  const layer = (zone: Zone) => (zone.id === chosen ? 2 : isMask(zone) ? 0 : 1)
  const shapes = [...draft.zones].sort((a, b) => layer(a) - layer(b))
  return (
    <div className="sheet" ref={root} data-drawing={sketch !== null}>
      <svg ref={svg} className="sheet-shapes" width={size.width} height={size.height} tabIndex={0} role="group" aria-label={t('editor.sheet')}
        style={{ cursor }} {...handlers}>
        <Hatch />
        {size.width > 0 && shapes.map((zone) => (
          <Shape key={zone.id} zone={zone} rules={rulesOn(draft, zone.id)} size={size} selected={selected} hover={sketch ? null : hover}
            fault={faults.zones.get(zone.id)}
            onCorner={(corner) => {
              if (selected === null || !('zone' in selected) || selected.corner !== corner) dispatch({ do: 'select', selection: { zone: zone.id, corner } })
            }} />
        ))}
        {sketch && <SketchShape kind={sketch.kind} points={sketch.points} pointer={pointer} size={size} />}
      </svg>
      <Tags zones={draft.zones} size={size} chosen={chosen} faults={faults} />
    </div>
  )
}

/** What is being drawn, with the edge that the next corner would make. */
function SketchShape({ kind, points, pointer, size }: { kind: Zone['kind']; points: Point[]; pointer: Point | null; size: Size }) {
  const first = points[0]
  const closing = pointer && first && kind !== 'line' && points.length > 2 && distance(first, pointer, size) <= REACH.mouse.corner
  const shown = pointer && !closing ? [...points, pointer] : points
  const Outline = kind === 'line' ? 'polyline' : 'polygon'
  return (
    <g className="shape sketch" data-kind={kind}>
      <Outline className="shape-case" points={path(shown, size)} />
      <Outline className="shape-line" points={path(shown, size)} />
      {points.map(([x, y], index) => (
        <circle key={index} className="corner" cx={x * size.width} cy={y * size.height} r={index === 0 && closing ? 9 : 5} data-selected={index === 0 && Boolean(closing)} />
      ))}
      {pointer && !closing && <circle className="corner next" cx={pointer[0] * size.width} cy={pointer[1] * size.height} r={4} />}
    </g>
  )
}

function Tags({ zones, size, chosen, faults }: { zones: readonly Zone[]; size: Size; chosen: string | null; faults: Faults }) {
  const { t } = useTranslation()
  const root = useRef<HTMLDivElement>(null)
  // Their sizes are known once they are there.
  useLayoutEffect(() => {
    const tags = [...(root.current?.children ?? [])] as HTMLElement[]
    const places = placeLabels(zones, tags.map((tag) => ({ width: tag.offsetWidth, height: tag.offsetHeight })), size)
    tags.forEach((tag, index) => {
      tag.style.left = `${places[index]?.left ?? 0}px`
      tag.style.top = `${places[index]?.top ?? 0}px`
    })
  }, [zones, size, faults, t])
  return (
    <div ref={root}>
      {zones.map((zone) => {
        const wrong = faults.zones.has(zone.id)
        return (
          <span key={zone.id} className="sheet-tag" data-kind={zone.kind} data-selected={zone.id === chosen} data-wrong={wrong}>
            {zoneTitle(zone)}
            {wrong && <b> · {t(faults.old.zones.has(zone.id) ? 'editor.redraw' : 'editor.wrong')}</b>}
          </span>
        )
      })}
    </div>
  )
}
