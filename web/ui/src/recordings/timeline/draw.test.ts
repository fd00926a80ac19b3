// Alerts on the timeline have the shape and the colour that their severity has everywhere.
import { describe, expect, it } from 'vitest'
import type { Severity } from '../../api/types'
import { penOf } from '../../testing/pen'
import type { Coverage } from '../coverage'
import { drawRow, type Palette } from './draw'

const palette = { breach: 'red', attention: 'amber', info: 'blue', text: 'white', heat: [0, 0, 0] } as unknown as Palette
const none = { recorded: [], gaps: [], twice: [], holds: [], countAt: new Float64Array(), countMax: new Uint16Array() }

/** What the mark is made of, and its colour. */
function mark(...severities: Severity[]): [string[], unknown] {
  const alerts = severities.map((severity) => ({ severity, at: 500 }))
  const { context, strokes } = penOf()
  drawRow(context, { ...none, alerts } as unknown as Coverage, 0, { width: 100, rowHeight: 40 }, { start: 0, end: 1000 }, palette)
  const [last] = strokes.filter(({ what }) => what === 'fill').slice(-1)
  const from = strokes.findLastIndex(({ what }) => what === 'beginPath')
  return [strokes.slice(from + 1).map(({ what }) => what).filter((what) => ['arc', 'rect', 'lineTo'].includes(what)), last?.style.fillStyle]
}

describe('the mark of an alert', () => {
  it('is a diamond, a disc or a square', () => {
    expect(mark('critical')).toEqual([['lineTo', 'lineTo', 'lineTo'], 'red'])
    expect(mark('warning')).toEqual([['arc'], 'amber'])
    expect(mark('info')).toEqual([['rect'], 'blue'])
  })
  it('of several is that of the gravest', () => {
    expect(mark('info', 'warning')).toEqual([['arc'], 'amber'])
    expect(mark('info', 'critical', 'warning')[1]).toBe('red')
  })
})
