import { describe, expect, it } from 'vitest'
import type { Alert } from '../api/types'
import { gravestByCamera } from './gravest'

const alert = (camera: string | null, kind: string, severity: string, second: number) =>
  ({ camera, kind, severity, opened_at: `2026-11-22T02:00:0${second}Z` }) as Alert

describe('gravestByCamera', () => {
  it('names the gravest first, however old, and the newest of equals', () => {
    const found = gravestByCamera([
      alert('a', 'line_crossing', 'info', 9), alert('a', 'occupancy', 'warning', 8), alert('a', 'zone_breach', 'critical', 1),
      alert('b', 'tamper', 'warning', 3), alert('b', 'loitering', 'warning', 5),
    ])
    expect(found.get('a')).toEqual({ severity: 'critical', alert: 'zone_breach', others: 'occupancy,line_crossing' })
    expect(found.get('b')).toEqual({ severity: 'warning', alert: 'loitering', others: 'tamper' })
  })
  it('has no tile for what a node raised', () => {
    expect(gravestByCamera([alert(null, 'storage', 'critical', 1)]).size).toBe(0)
  })
})
