// @vitest-environment jsdom
// Privacy masks in the editor: drawn, moved, named, taken back and saved beside zones, never mixed up with them.
import { QueryClientProvider } from '@tanstack/react-query'
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { useState } from 'react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import '../../i18n'
import { keys, queryClient } from '../../api/queries'
import type { CameraDetail, Mask, Point } from '../../api/types'
import { HintProvider } from '../../controls/Hint'
import { clashes, onTop } from './differences'
import { Editing } from './Editing'
import { apart, together } from './masks'
import { faultsOf } from './validation'
import { quarrel, saving } from './saving'
import { differenceText } from './words'

const corners: Point[] = [[0.1, 0.2], [0.5, 0.2], [0.5, 0.8]]
/** Called as the zone over it is. */
const bed: Mask = { id: 'door', name: 'Giường', polygon: [[0.05, 0.1], [0.9, 0.1], [0.9, 0.9]] }
const camera = {
  id: 'gate-1', site: 's', name: 'Cổng', placement: 'gate', state: 'recording', streams: ['main'], revision: 3, analysis_revision: 3, masked: false,
  zones: [{ id: 'door', kind: 'restricted', name: 'Cửa sau', polygon: corners }], rules: [{ id: 'r', kind: 'zone_breach', zone: 'door' }], masks: [bed],
} as unknown as CameraDetail

/** 1000 × 500 pixels of picture. */
function Page({ shown = camera }: { shown?: CameraDetail }) {
  const [over, setOver] = useState<HTMLElement | null>(null)
  const [below, setBelow] = useState<HTMLElement | null>(null)
  return (
    <QueryClientProvider client={queryClient}>
      <HintProvider>
        <div ref={setOver} />
        <div ref={setBelow} />
        <Editing camera={shown} over={over} below={below} onDraft={() => undefined} onDone={() => undefined} />
      </HintProvider>
    </QueryClientProvider>
  )
}

let puts: Record<string, unknown>[]
let answer: () => Response
const pointer = (type: string, x: number, y: number) => {
  const event = new MouseEvent(type, { bubbles: true, cancelable: true, clientX: x * 1000, clientY: y * 500, button: 0 })
  fireEvent(document.querySelector('.sheet-shapes') as Element, Object.assign(event, { pointerId: 1, pointerType: 'mouse' }))
}
const click = (x: number, y: number) => ['pointerdown', 'pointerup'].forEach((type) => pointer(type, x, y))
const key = (name: string, more: object = {}) => fireEvent.keyDown(document.body, { key: name, ...more })
const tool = (name: RegExp) => within(screen.getByRole('toolbar')).getByRole<HTMLButtonElement>('button', { name })
const head = (name: RegExp) => screen.getByRole('button', { name, expanded: false })
const shape = (id: string) => document.querySelector(`.shape[data-zone='${id}']`)
async function saved(): Promise<Record<string, unknown>> {
  fireEvent.click(screen.getByRole('button', { name: 'Lưu' }))
  await waitFor(() => expect(puts).toHaveLength(1))
  return puts[0] ?? {}
}

beforeEach(() => {
  puts = []
  answer = () => new Response('{"revision": 4}')
  vi.stubGlobal('fetch', vi.fn((_path: string, init: RequestInit) => {
    if (init.method === 'PUT') puts.push(JSON.parse(String(init.body)) as Record<string, unknown>)
    return Promise.resolve(init.method === 'PUT' ? answer() : new Response(JSON.stringify(camera)))
  }))
  vi.stubGlobal('ResizeObserver', class { observe() {} disconnect() {} })
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(1000)
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(500)
  vi.spyOn(Element.prototype, 'getBoundingClientRect').mockReturnValue({ left: 0, top: 0, width: 1000, height: 500 } as DOMRect)
  Element.prototype.scrollIntoView = () => undefined
  Element.prototype.setPointerCapture = () => undefined
  queryClient.setQueryData(keys.camera(camera.id), camera)
  render(<Page />)
})
afterEach(() => {
  cleanup()
  sessionStorage.clear()
  saving.set(null)
  quarrel.set(null)
  queryClient.clear()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

describe('privacy masks', () => {
  it('are drawn like zones, explained while they are, and saved apart from them', async () => {
    fireEvent.click(tool(/Vùng che riêng tư/))
    expect(screen.getAllByText(/Chỉ quản trị, .* và trưởng khu thấy được phần bên dưới/).length).toBeGreaterThan(1)
    for (const [x, y] of [[0.6, 0.3], [0.9, 0.3], [0.9, 0.6]] as const) click(x, y)
    key('Enter')
    const { masks, zones, rules, base_revision } = await saved()
    expect(masks).toEqual([bed, { id: expect.stringMatching(/^vung-che-rieng-tu-1-[a-z0-9]{4}$/) as string, name: 'Vùng che riêng tư 1', polygon: [[0.6, 0.3], [0.9, 0.3], [0.9, 0.6]] }])
    expect([zones, rules, base_revision]).toEqual([camera.zones, camera.rules, 3])
    await waitFor(() => expect(queryClient.getQueryData<CameraDetail>(keys.camera(camera.id))?.masks).toHaveLength(2))
  })
  it('are named, moved by keys and by hand, each a step that is undone and done again', async () => {
    fireEvent.click(head(/^Giường/))
    fireEvent.change(screen.getByLabelText('Tên'), { target: { value: 'Giường 3' } })
    key('ArrowRight')
    pointer('pointerdown', 0.9, 0.9)
    pointer('pointermove', 0.8, 0.7)
    pointer('pointerup', 0.8, 0.7)
    for (let step = 0; step < 2; step++) key('z', { ctrlKey: true })
    key('z', { ctrlKey: true, shiftKey: true })
    const { masks } = await saved()
    expect(masks).toEqual([{ id: 'door', name: 'Giường 3', polygon: [[0.051, 0.1], [0.901, 0.1], [0.901, 0.9]] }])
  })
  it('are removed without the rules of a zone that is called the same', async () => {
    fireEvent.click(head(/^Giường/))
    fireEvent.click(screen.getByRole('button', { name: 'Xóa vùng che' }))
    expect(await saved()).toEqual({ zones: camera.zones, rules: camera.rules, masks: [], base_revision: 3 })
  })
  it('lie beneath zones, see-through and hatched, and no rule looks at one', () => {
    expect([...document.querySelectorAll('.shape')].map((one) => one.getAttribute('data-kind'))).toEqual(['mask', 'restricted'])
    expect(shape('mask:door')?.querySelector('.shape-cover')?.getAttribute('style')).toContain('#mask-hatch')
    click(0.45, 0.4)
    expect(shape('door')?.getAttribute('data-selected')).toBe('true')
    click(0.8, 0.2)
    expect(shape('mask:door')?.getAttribute('data-selected')).toBe('true')
    expect(screen.queryByRole('button', { name: 'Thêm quy tắc', expanded: true })).toBeNull()
    const draft = together(camera)
    expect(faultsOf({ ...draft, rules: [{ id: 'r', kind: 'zone_breach', zone: 'mask:door' }] }, draft).rules.get('r')).toEqual({ zone: 'zoneUnfit' })
  })
  it('that somebody else drew meanwhile are told of, and both can be kept', async () => {
    const theirs = { ...bed, id: 'desk', name: 'Bàn' }
    answer = () => new Response(JSON.stringify({ type: 'about:blank#changed', revision: 5, by: 'lan', at: null, zones: camera.zones, rules: camera.rules, masks: [bed, theirs] }), { status: 409 })
    fireEvent.click(head(/^Giường/))
    fireEvent.change(screen.getByLabelText('Tên'), { target: { value: 'Giường 3' } })
    await saved()
    await waitFor(() => expect(quarrel.get()).not.toBeNull())
    const found = quarrel.get()
    if (!found) return
    const both = onTop(found.base, found.mine, found.theirs)
    expect(clashes(found.base, found.mine, found.theirs).size).toBe(0)
    expect(both && apart(both).masks.map((mask) => mask.name)).toEqual(['Giường 3', 'Bàn'])
    expect(differenceText({ what: 'zone', how: 'added', item: { ...theirs, id: 'mask:desk', kind: 'mask' } }, found.theirs)).toBe('Vùng che riêng tư: Bàn')
  })
  it('are sixteen at most, and zones are counted apart', () => {
    const masks = (count: number) => together({ zones: [], rules: [], masks: Array.from({ length: count }, (_, n) => ({ ...bed, id: `m${n}` })) })
    expect([16, 17].map((count) => faultsOf(masks(count), masks(0)).none)).toEqual([true, false])
    cleanup()
    render(<Page shown={{ ...camera, masks: apart(masks(15)).masks }} />)
    fireEvent.click(tool(/Vùng che riêng tư/))
    for (const [x, y] of [[0.6, 0.3], [0.9, 0.3], [0.9, 0.6]] as const) click(x, y)
    key('Enter')
    expect([tool(/Vùng che riêng tư/).disabled, tool(/Vùng cấm/).disabled]).toEqual([true, false])
  })
})
