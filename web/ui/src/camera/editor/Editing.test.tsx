// @vitest-environment jsdom
// The editor in the page: drawn by pointer and keys, said what is wrong and where, kept for a second visit.
import { QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { useState } from 'react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import '../../i18n'
import { queryClient } from '../../api/queries'
import type { Analysis, CameraDetail } from '../../api/types'
import { HintProvider } from '../../controls/Hint'
import { Toasts } from '../../controls/toasts'
import { Editing } from './Editing'
import { saving } from './saving'

const camera = {
  id: 'gate-1', site: 's', name: 'Cổng', placement: 'gate', state: 'recording', streams: ['main'], revision: 3, analysis_revision: 3,
  zones: [{ id: 'z', kind: 'restricted', name: 'Cửa sau', polygon: [[0.1, 0.2], [0.5, 0.2], [0.5, 0.8]] }],
  rules: [{ id: 'r', kind: 'occupancy', max: 6 }],
} as unknown as CameraDetail

/** As `CameraPage` puts it together: 1000 × 500 pixels of picture. */
function Page({ shown, onDraft }: { shown: CameraDetail; onDraft: (draft: Analysis | null) => void }) {
  const [over, setOver] = useState<HTMLElement | null>(null)
  const [below, setBelow] = useState<HTMLElement | null>(null)
  return (
    <HintProvider>
      <div ref={setOver} />
      <div ref={setBelow} />
      <Editing camera={shown} over={over} below={below} onDraft={onDraft} onDone={() => undefined} />
      <Toasts />
    </HintProvider>
  )
}

let draft: Analysis
function show(shown: CameraDetail = camera) {
  const view = (one: CameraDetail) => (
    <QueryClientProvider client={queryClient}><Page shown={one} onDraft={(now) => { if (now) draft = now }} /></QueryClientProvider>
  )
  const rendered = render(view(shown))
  return { change: (one: CameraDetail) => rendered.rerender(view(one)) }
}

const sheet = () => document.querySelector('.sheet-shapes') as SVGSVGElement
const pointer = (type: string, x: number, y: number) => {
  const event = new MouseEvent(type, { bubbles: true, cancelable: true, clientX: x * 1000, clientY: y * 500, button: 0 })
  fireEvent(sheet(), Object.assign(event, { pointerId: 1, pointerType: 'mouse' }))
}
const click = (x: number, y: number) => {
  pointer('pointerdown', x, y)
  pointer('pointerup', x, y)
}
const drag = (from: readonly [number, number], to: readonly [number, number]) => {
  pointer('pointerdown', ...from)
  pointer('pointermove', (from[0] + to[0]) / 2, (from[1] + to[1]) / 2)
  pointer('pointermove', ...to)
  pointer('pointerup', ...to)
}
const key = (name: string, more: object = {}) => fireEvent.keyDown(document.body, { key: name, ...more })
const tool = (name: string) => fireEvent.click(within(screen.getByRole('toolbar')).getByRole('button', { name: new RegExp(name) }))
const polygon = (index = 0) => draft.zones[index]?.polygon
const saveButton = () => screen.getByRole('button', { name: 'Lưu' })

beforeEach(() => {
  vi.stubGlobal('ResizeObserver', class { observe() {} disconnect() {} })
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(1000)
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(500)
  vi.spyOn(Element.prototype, 'getBoundingClientRect').mockReturnValue({ left: 0, top: 0, width: 1000, height: 500 } as DOMRect)
  Element.prototype.scrollIntoView = () => undefined
  Element.prototype.setPointerCapture = () => undefined
})
afterEach(() => {
  cleanup()
  sessionStorage.clear()
  saving.set(null)
  queryClient.clear()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

describe('drawing', () => {
  it('puts corners down by clicks, closes on the first one, and snaps to the edge', () => {
    show()
    tool('Vùng cấm')
    click(0.6, 0.3)
    click(0.9, 0.3)
    click(0.9, 0.995)
    pointer('pointermove', 0.7, 0.9)
    click(0.602, 0.302)
    expect(draft.zones[1]).toMatchObject({ kind: 'restricted', name: 'Vùng cấm 1', polygon: [[0.6, 0.3], [0.9, 0.3], [0.9, 1]] })
    expect(screen.getByText('1 thay đổi chưa lưu')).toBeTruthy()
  })
  it('draws by keys alone', () => {
    show()
    tool('Vạch')
    key(' ')
    key('ArrowRight', { shiftKey: true })
    key(' ')
    key('Enter')
    expect(draft.zones[1]).toMatchObject({ kind: 'line', points: [[0.5, 0.5], [0.54, 0.5]] })
  })
  it('drags a corner, a whole shape, and a new corner out of an edge; each is one step back', () => {
    show()
    click(0.4, 0.4)
    drag([0.5, 0.8], [0.6, 0.9])
    expect(polygon()?.[2]).toEqual([0.6, 0.9])
    drag([0.45, 0.4], [0.55, 0.5])
    expect(polygon()?.[0]).toEqual([0.2, 0.3])
    drag([0.4, 0.3], [0.4, 0.1])
    expect(polygon()).toHaveLength(4)
    expect(polygon()?.[1]).toEqual([0.4, 0.1])
    key('z', { ctrlKey: true })
    expect(polygon()).toHaveLength(3)
    key('z', { ctrlKey: true })
    key('z', { ctrlKey: true })
    expect(draft.zones).toEqual(camera.zones)
    key('z', { ctrlKey: true, shiftKey: true })
    expect(polygon()?.[2]).toEqual([0.6, 0.9])
  })
  it('nudges the selected corner, removes it, and leaves the shape', () => {
    show()
    click(0.4, 0.4)
    click(0.5, 0.8)
    key('ArrowLeft')
    key('ArrowDown', { shiftKey: true })
    expect(polygon()?.[2]).toEqual([0.499, 0.82])
    key('Delete')
    expect(screen.getByText('Không xóa được: hình này cần ít nhất 3 điểm.')).toBeTruthy()
    key('+')
    expect(polygon()).toHaveLength(4)
    key('Delete')
    expect(polygon()).toHaveLength(3)
    key('Escape')
    expect(document.querySelector('.shape[data-selected=true]')).toBeNull()
  })
  it('shows a shape that crosses itself as wrong and does not save it', () => {
    show()
    tool('Vùng theo dõi')
    click(0.6, 0.2)
    click(0.9, 0.6)
    click(0.9, 0.2)
    click(0.6, 0.6)
    key('Enter')
    expect(screen.getByText(/Các cạnh cắt nhau/)).toBeTruthy()
    expect(document.querySelectorAll('.shape-cross')).toHaveLength(1)
    expect(saveButton().hasAttribute('disabled')).toBe(true)
    drag([0.6, 0.6], [0.75, 0.1])
    expect(screen.queryByText(/Các cạnh cắt nhau/)).toBeNull()
    expect(saveButton().hasAttribute('disabled')).toBe(false)
  })
  it('marks one that is saved already, and lets the rest be saved beside it', async () => {
    const fetched = vi.fn((_path: string, _init: RequestInit) => Promise.resolve(new Response('{}', { status: 503 })))
    vi.stubGlobal('fetch', fetched)
    const bow = [[0.6, 0.2], [0.9, 0.6], [0.9, 0.2], [0.6, 0.6]] as const
    show({ ...camera, zones: [{ id: 'bow', kind: 'area', name: 'Nơ', polygon: bow }], rules: [{ id: 'd', kind: 'tamper', schedule: '08:00-08:00' }] } as unknown as CameraDetail)
    expect(screen.getByRole('button', { name: /cần sửa$/ })).toBeTruthy()
    fireEvent.click(screen.getByRole('button', { name: /^Nơ.*cần vẽ lại$/ }))
    expect(document.querySelector('.sheet-tag[data-wrong=true]')?.textContent).toBe('Nơ · cần vẽ lại')
    expect(screen.getByRole('alert').textContent).toMatch(/^Các cạnh cắt nhau.*vẫn có hiệu lực/)
    fireEvent.change(screen.getByLabelText('Tên'), { target: { value: 'Sảnh' } })
    drag([0.6, 0.6], [0.6, 0.7])
    expect(saveButton().hasAttribute('disabled')).toBe(true)
    key('z', { ctrlKey: true })
    fireEvent.click(saveButton())
    await waitFor(() => expect(fetched).toHaveBeenCalled())
    expect(JSON.parse(String(fetched.mock.calls[0]?.[1].body))).toMatchObject({ base_revision: 3, zones: [{ name: 'Sảnh', polygon: bow }] })
  })
  it('says of a closed room that nothing can be drawn', () => {
    show({ ...camera, placement: 'patient_room', zones: [] })
    expect(screen.getByText(/Phòng đóng: mở phòng rồi mới vẽ được vùng/)).toBeTruthy()
    expect(screen.queryByRole('group', { name: 'Vẽ' })).toBeNull()
  })
})

describe('rules', () => {
  const open = (name: RegExp) => fireEvent.click(screen.getByRole('button', { name }))
  it('says at the field what is wrong, and what is right is in the draft', () => {
    show()
    open(/Số người sai quy định/)
    const [min, max] = [screen.getByLabelText('Tối thiểu'), screen.getByLabelText('Tối đa')]
    fireEvent.change(min, { target: { value: '9' } })
    expect(screen.getByText('Số tối đa nhỏ hơn số tối thiểu.')).toBeTruthy()
    expect(max.getAttribute('aria-invalid')).toBe('true')
    expect(saveButton().hasAttribute('disabled')).toBe(true)
    fireEvent.change(max, { target: { value: 'x' } })
    expect(screen.getByText('Nhập số nguyên từ 0 đến 10.000.')).toBeTruthy()
    fireEvent.change(max, { target: { value: '12' } })
    expect(saveButton().hasAttribute('disabled')).toBe(false)
    expect(draft.rules[0]).toMatchObject({ min: 9, max: 12 })
  })
  it('reads hours as they are typed', () => {
    show()
    open(/Số người sai quy định/)
    open(/Theo giờ/)
    const from = screen.getByLabelText('Từ giờ')
    fireEvent.change(from, { target: { value: '7h30' } })
    expect(screen.getByText(/Nhập hai giờ/)).toBeTruthy()
    fireEvent.blur(from)
    expect(draft.rules[0]?.schedule).toBe('07:30-05:00')
    expect(screen.getByText('Qua đêm: đến 05:00 hôm sau.')).toBeTruthy()
    open(/Luôn luôn$/)
    expect(draft.rules[0]).not.toHaveProperty('schedule')
  })
  const add = (kind: string, trigger: HTMLElement) => {
    fireEvent.keyDown(trigger, { key: 'Enter' })
    fireEvent.click(screen.getByRole('menuitem', { name: kind }))
  }
  const form = () => document.querySelector('.rule-form') as HTMLElement
  it('that is new is brought into view, and its first field has the focus', async () => {
    const seen = vi.spyOn(Element.prototype, 'scrollIntoView')
    show()
    add('Số người sai quy định', screen.getByRole('button', { name: 'Thêm quy tắc' }))
    expect(seen).toHaveBeenCalledWith({ block: 'start' })
    await waitFor(() => expect(screen.queryByRole('menu')).toBeNull())
    // A menu gives the focus back in a task of its own.
    await act(() => new Promise((resolve) => setTimeout(resolve)))
    expect(document.activeElement).toBe(within(form()).getByLabelText('Loại quy tắc'))
  })
  it('without a zone leads to drawing one, and comes back with it', () => {
    show({ ...camera, zones: [], rules: [] } as CameraDetail)
    add('Xâm nhập vùng', screen.getByRole('button', { name: 'Thêm quy tắc' }))
    expect(within(form()).getByText('Camera này chưa có vùng nào.')).toBeTruthy()
    open(/Vẽ vùng cho quy tắc này/)
    expect(screen.getByText(/chân \(mép dưới của khung người\)/)).toBeTruthy()
    click(0.1, 0.5)
    click(0.9, 0.5)
    click(0.5, 0.9)
    key('Enter')
    expect(draft.rules[0]?.zone).toBe(draft.zones[0]?.id)
    expect(draft.zones[0]?.kind).toBe('restricted')
    expect(document.activeElement).toBe(within(form()).getByLabelText('Loại quy tắc'))
    expect(saveButton().hasAttribute('disabled')).toBe(false)
  })
  it('of a closed room cannot be of a kind that needs a zone', () => {
    show({ ...camera, placement: 'patient_room', zones: [] } as CameraDetail)
    open(/Số người sai quy định/)
    const kinds = [...(within(form()).getByLabelText('Loại quy tắc') as HTMLSelectElement).options]
    expect(kinds.filter((kind) => !kind.disabled).map((kind) => kind.value)).toEqual(['occupancy', 'absence', 'tamper', 'camera_offline'])
  })
  it('goes with its zone, and comes back with it', () => {
    show({ ...camera, rules: [{ id: 'b', kind: 'zone_breach', zone: 'z' }] } as CameraDetail)
    open(/^Cửa sau/)
    open(/Xóa vùng/)
    expect(draft).toEqual({ zones: [], rules: [] })
    fireEvent.click(screen.getByText('Hoàn tác'))
    expect(draft.rules).toHaveLength(1)
  })
})

describe('keeping', () => {
  it('has the draft back after a visit that was broken off, until it is discarded', async () => {
    show()
    click(0.4, 0.4)
    key('ArrowLeft')
    await waitFor(() => expect(sessionStorage.length).toBe(1))
    const left = polygon()
    cleanup()
    show()
    expect(polygon()).toEqual(left)
    fireEvent.click(screen.getAllByRole('button', { name: 'Bỏ thay đổi' })[0] as HTMLElement)
    expect(draft.zones).toEqual(camera.zones)
    await waitFor(() => expect(sessionStorage.length).toBe(0))
  })
  it('takes what others changed while nothing is drawn, and says so while something is', () => {
    const { change } = show()
    const theirs = (revision: number, name: string) => ({ ...camera, revision, zones: [{ ...camera.zones[0], name }] }) as CameraDetail
    change(theirs(4, 'Cửa trước'))
    expect(draft.zones[0]?.name).toBe('Cửa trước')
    click(0.4, 0.4)
    key('ArrowLeft')
    change(theirs(5, 'Cửa bên'))
    expect(draft.zones[0]?.name).toBe('Cửa trước')
    expect(screen.getByText(/vừa được sửa ở nơi khác/)).toBeTruthy()
  })
})

describe('a rule that is being tried out', () => {
  it('is tried no further once it is removed, and goes on while it is not', async () => {
    const calls: string[] = []
    const running = { id: 't1', state: 'running', progress: 0.1, start: null, end: null, looked_s: 0, missing_s: 0, looked_until: null, model: null, fired: [], error: null }
    vi.stubGlobal('fetch', vi.fn((path: string, init: RequestInit) => {
      calls.push(`${init.method ?? 'GET'} ${path}`)
      return Promise.resolve(init.method === 'DELETE' ? new Response(null, { status: 204 }) : new Response(JSON.stringify(running)))
    }))
    show({ ...camera, rules: [{ id: 'r', kind: 'occupancy', max: 6 }, { id: 'q', kind: 'zone_breach', zone: 'z' }] })
    const open = (name: RegExp) => fireEvent.click(screen.getByRole('button', { name }))
    open(/Xâm nhập vùng/)
    open(/Thử trên 1 giờ/)
    await screen.findByText('10%')
    open(/Số người sai/)
    open(/Xóa quy tắc/)
    expect(draft.rules.map((rule) => rule.id)).toEqual(['q'])
    expect(calls.filter((call) => call.startsWith('DELETE'))).toEqual([])
    open(/^Cửa sau/)
    open(/Xóa vùng/)
    expect(draft.rules).toEqual([])
    await waitFor(() => expect(calls).toContain('DELETE /api/cameras/gate-1/tryouts/t1'))
  })
})
