// @vitest-environment jsdom
// How grave an alert is, a tile says by shape and word beside its colour, and for those who cannot see it.
import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import '../i18n'
import type { Camera } from '../api/types'
import type { TileSink, WallFeed } from './feed'
import { Tile } from './Tile'

const camera = { id: 'c', site: 's', name: 'Cổng 1', placement: 'gate', state: 'recording', person_count: 2, since: null, reason: null } as Camera
const show = (part: object, over: object = {}) =>
  render(<Tile camera={{ ...camera, ...over }} severity={null} alert={null} others="" taken={false} feed={null} width={300} site={null} {...part} />)

afterEach(() => {
  cleanup()
  vi.restoreAllMocks()
})

describe('Tile', () => {
  it.each([
    ['critical', 'zone_breach', 'diamond', 'Xâm nhập vùng', 'Nghiêm trọng'],
    ['warning', 'tamper', 'disc', 'Camera bị can thiệp', 'Cần chú ý'],
    ['info', 'line_crossing', 'square', 'Vượt vạch', 'Thông tin'],
  ] as const)('of a %s alert has its shape and words', (severity, alert, shape, kind, word) => {
    const { container } = show({ severity, alert })
    expect(container.querySelector('.tile')?.getAttribute('data-alert')).toBe(severity)
    expect(container.querySelector(`.tile-alert .mark.${shape}`)).not.toBeNull()
    expect(container.querySelector('.tile-alert')?.textContent).toBe(kind)
    expect(screen.getByRole('link', { name: new RegExp(`${kind} \\(${word}\\)`) })).toBeTruthy()
  })
  it('says how many more there are, and which', () => {
    const { container } = show({ severity: 'critical', alert: 'zone_breach', others: 'occupancy,line_crossing' })
    expect(container.querySelector('.tile-alert')?.textContent).toBe('Xâm nhập vùng+2')
    expect(screen.getByRole('link', { name: /Xâm nhập vùng \(Nghiêm trọng\), Số người sai quy định, Vượt vạch/ })).toBeTruthy()
  })
  it('that somebody has taken stays marked, and says so', () => {
    const { container } = show({ severity: 'critical', alert: 'zone_breach', taken: true })
    expect(container.querySelector('.tile')?.getAttribute('data-alert')).toBe('critical')
    expect(container.querySelector('.tile-alert')?.textContent).toBe('Xâm nhập vùngđã nhận')
    expect(container.querySelector('.tile-alert svg.tile-taken')).not.toBeNull()
    expect(screen.getByRole('link', { name: /Xâm nhập vùng \(Nghiêm trọng\), đã nhận/ })).toBeTruthy()
  })
  it('of a camera that is recorded and not analysed says so, and does not look lost', () => {
    const { container } = show({}, { reason: 'decoder', person_count: null })
    expect(container.querySelector('.tile-warn')?.textContent).toBe('Không phân tích, vẫn đang ghi')
    expect(container.querySelector('.tile')?.getAttribute('data-state')).toBe('recording')
    expect(container.querySelector('.tile-slate')).toBeNull()
    expect(screen.getByRole('link', { name: /Không phân tích, vẫn đang ghi/ }).title).toContain('hệ thống tạm thời chưa giải mã được hình')
    // An open alert has the place, and the words stay for who points at it.
    const { container: alarmed } = show({ severity: 'warning', alert: 'analysis_failed' }, { reason: 'corrupt' })
    expect([alarmed.querySelector('.tile-warn'), alarmed.querySelector('.tile-alert')?.textContent]).toEqual([null, 'Camera không đếm được người'])
    const { container: unheard } = show({}, { reason: 'detector_lost' })
    expect(unheard.querySelector('.tile-warn')?.textContent).toBe('Không phân tích, vẫn đang ghi')
    expect(unheard.querySelector<HTMLElement>('.tile')?.title).toContain('bộ phân tích ngừng hoạt động')
    expect(show({}, { reason: 'disk' }).container.querySelector('.tile-warn')).toBeNull()
    expect(show({}, { state: 'offline', reason: 'corrupt' }).container.querySelector('.tile-warn')).toBeNull()
  })
  it('says under the last picture of one that is not analysed that recording goes on', () => {
    let aged: (ms: number | null) => void = () => undefined
    const feed = { attach: (_camera: string, sink: TileSink) => {
      aged = sink.aged
      return () => undefined
    } } as unknown as WallFeed
    const now = vi.spyOn(performance, 'now').mockReturnValue(0)
    const { container, rerender } = show({ feed }, { reason: 'decoder' })
    now.mockReturnValue(60_000)
    const said = (ms: number | null) => {
      aged(ms)
      return container.querySelector('.tile-age')?.textContent
    }
    expect([said(null), said(120_000), said(100)]).toEqual(['Vẫn đang ghi hình', '2 phút trước\nVẫn đang ghi hình', ''])
    rerender(<Tile camera={camera} severity={null} alert={null} others="" taken={false} feed={feed} width={300} site={null} />)
    expect([said(null), said(120_000)]).toEqual(['Chưa nhận được hình', '2 phút trước'])
  })
  it('without an alert has none of it, and on a slate the mark of its own', () => {
    expect(show({}).container.querySelector('.tile-alert')).toBeNull()
    const { container } = show({ severity: 'warning', alert: 'camera_offline' }, { state: 'offline' })
    expect(container.querySelector('.tile-slate-title .mark.disc')).not.toBeNull()
  })
})
