// @vitest-environment jsdom
// The figures beside the picture count whom the picture shows.
import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, describe, expect, it } from 'vitest'
import '../i18n'
import type { CameraDetail } from '../api/types'
import { initialStatus } from '../live/player'
import { Figures } from './Figures'
import type { Seen } from './LiveView'

const camera = {
  id: 'c', site: 's', name: 'Cổng 1', placement: 'gate', state: 'recording', since: null, reason: null, width: null, height: null, codec: null, fps: null, bitrate: null,
  sampled_fps: null, inferred_fps: null, model: null, clock_offset_s: null, person_count: 2, person_sigma: 0.4, zone_counts: { a: 1 }, zone_sigmas: { a: 0.2 },
  zones: [{ id: 'a', kind: 'area', name: 'Sảnh', polygon: [[0, 0], [1, 0], [1, 1]] }], rules: [],
} as unknown as CameraDetail

function counted(seen: Seen | null, over: object = {}): string[] {
  render(<Figures camera={{ ...camera, ...over }} status={initialStatus} profile="main" seen={seen} />)
  return screen.getAllByRole('definition').map((value) => `${value.previousSibling?.textContent}: ${value.textContent}`).filter((row) => /^(Số người|Trong)/.test(row))
}

afterEach(cleanup)

describe('Figures', () => {
  it('give the last report with its uncertainty where the picture is not known', () => {
    expect(counted(null)).toEqual(['Số người: 2 ± 0,4', 'Trong «Sảnh»: 1 ± 0,2'])
  })
  it('give the numbers of the picture, and a report’s uncertainty only with its own number', () => {
    expect(counted({ persons: 3, zones: { a: 1 } })).toEqual(['Số người: 3', 'Trong «Sảnh»: 1 ± 0,2'])
    cleanup()
    expect(counted({ persons: 2, zones: { a: 0 } })).toEqual(['Số người: 2 ± 0,4', 'Trong «Sảnh»: 0'])
  })
  it('know nothing of a covered camera', () => expect(counted({ persons: 0, zones: {} }, { person_count: null })).toEqual([]))
})
