// @vitest-environment jsdom
// How grave an alert is, a tile says by shape and word beside its colour, and for those who cannot see it.
import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, describe, expect, it } from 'vitest'
import '../i18n'
import type { Camera } from '../api/types'
import { Tile } from './Tile'

const camera = { id: 'c', site: 's', name: 'Cổng 1', placement: 'gate', state: 'recording', person_count: 2, since: null, reason: null } as Camera
const show = (part: object, over: object = {}) =>
  render(<Tile camera={{ ...camera, ...over }} severity={null} alert={null} others="" feed={null} width={300} site={null} {...part} />)

afterEach(cleanup)

describe('Tile', () => {
  it.each([
    ['critical', 'zone_breach', 'diamond', 'Xâm nhập vùng cấm', 'Nghiêm trọng'],
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
    expect(container.querySelector('.tile-alert')?.textContent).toBe('Xâm nhập vùng cấm+2')
    expect(screen.getByRole('link', { name: /Xâm nhập vùng cấm \(Nghiêm trọng\), Số người sai quy định, Vượt vạch/ })).toBeTruthy()
  })
  it('without an alert has none of it, and on a slate the mark of its own', () => {
    expect(show({}).container.querySelector('.tile-alert')).toBeNull()
    const { container } = show({ severity: 'warning', alert: 'camera_offline' }, { state: 'offline' })
    expect(container.querySelector('.tile-slate-title .mark.disc')).not.toBeNull()
  })
})
