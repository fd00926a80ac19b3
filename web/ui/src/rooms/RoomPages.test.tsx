// @vitest-environment jsdom
// A room on its own page, in an alert, in the recordings and in the list of openings: closed, open, and what goes at the end.
import { act, cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openingOf, service, session, show, tidy } from '../testing/rooms'
import { AlertPicture } from '../alerts/AlertPicture'
import { Thumbnail } from '../alerts/AlertCard'
import { queryClient } from '../api/queries'
import type { Alert } from '../api/types'
import { CameraPage } from '../camera/CameraPage'
import { HintProvider } from '../controls/Hint'
import { Store } from '../preferences/store'
import { Picture } from '../recordings/Picture'
import type { Playback } from '../recordings/player/playback'
import { useThumbnail } from '../recordings/thumbnails'
import { settle, shut } from './openings'
import { RoomsPage } from './RoomsPage'

const opensSockets = vi.hoisted(() => [] as string[])
vi.mock('../camera/useLive', async () => {
  const { initialStatus } = await import('../live/player')
  return { useLive: (camera: string) => {
    opensSockets.push(camera)
    return { video: { current: null }, canvas: { current: null }, player: { current: null }, status: initialStatus }
  } }
})

const page = (part?: string) => <HintProvider><CameraPage id="room" part={part} /></HintProvider>
const settled = () => waitFor(() => expect(queryClient.isFetching()).toBe(0))
const button = (name: RegExp | string) => screen.getByRole('button', { name })
const open = (left_s = 300) => act(() => settle([openingOf({ left_s })], performance.now(), Date.now()))
const alert = { id: 'a', site: 's', camera: 'room', kind: 'absence', zone: null, severity: 'warning', boxes: [], snapshot: '/api/alerts/a/snapshot.jpg' } as unknown as Alert

beforeEach(() => {
  opensSockets.length = 0
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(null)
})
afterEach(() => {
  cleanup()
  tidy()
})

describe('the page of a room', () => {
  it('asks for no picture until it is opened, then says why and until when, and closes at once', async () => {
    const state = service()
    show(page())
    expect((await screen.findByRole('group', { name: 'Phòng đóng' })).textContent).toContain('2 người')
    expect([opensSockets, screen.queryByRole('toolbar')]).toEqual([[], null])
    fireEvent.click(await screen.findByRole('button', { name: /^Mở phòng…/ }))
    fireEvent.change(screen.getByLabelText('Lý do'), { target: { value: 'Giường 3 gọi' } })
    fireEvent.keyDown(screen.getByLabelText('Lý do'), { key: 'Enter' })
    const bar = await screen.findByRole('region', { name: 'Bạn đang mở phòng này' })
    expect(bar.textContent).toContain('Giường 3 gọi')
    expect(opensSockets).toContain('room')
    expect(document.querySelector('video')).not.toBeNull()
    fireEvent.click(within(bar).getByRole('button', { name: 'Đóng ngay' }))
    // Without waiting for the server.
    expect([document.querySelector('video'), screen.queryByRole('region', { name: 'Bạn đang mở phòng này' })]).toEqual([null, null])
    await waitFor(() => expect(state.openings).toEqual([]))
    expect(await screen.findByText('Đã đóng phòng.')).toBeTruthy()
  })
  it('warns half a minute before the end, and shows nothing after it', async () => {
    service(openingOf({ left_s: 300 }))
    show(page())
    await screen.findByRole('region', { name: 'Bạn đang mở phòng này' })
    vi.useFakeTimers()
    act(() => shut('room', 'server'))
    open(31)
    const bar = () => screen.queryByRole('region', { name: 'Bạn đang mở phòng này' })
    expect(bar()?.dataset.soon).toBe('false')
    act(() => void vi.advanceTimersByTime(2000))
    expect([bar()?.dataset.soon, within(bar() as HTMLElement).getByRole('status').textContent]).toEqual(['true', 'Phòng sẽ đóng trong 30 giây nữa. Nhấn O để gia hạn.'])
    act(() => void vi.advanceTimersByTime(29_000))
    expect([bar(), document.querySelector('video')]).toEqual([null, null])
    expect(screen.getByText('Đã hết thời gian mở phòng.')).toBeTruthy()
  })
  it('tells who may not open it whose right it is', async () => {
    const state = service()
    show(page(), session())
    expect(await screen.findByText(/^Chỉ trực giám sát, cán bộ trực/)).toBeTruthy()
    fireEvent.keyDown(document.body, { key: 'o' })
    expect([screen.queryByRole('dialog'), screen.queryByRole('button', { name: /Mở phòng/ })]).toEqual([null, null])
    expect(state.calls.some((call) => call.includes('/api/openings'))).toBe(false)
  })
  it('tells who oversees who looks, why and until when, and lets him close it', async () => {
    const state = service(openingOf({ mine: false, user: 'nguyen.thi.hoa', until: '2026-11-23T14:35:00Z' }))
    show(page(), session('room.oversee'))
    const bar = await screen.findByRole('region', { name: 'nguyen.thi.hoa đang xem phòng này' })
    expect(bar.textContent).toMatch(/Người cách ly gọi.*21:35/)
    expect(opensSockets).toEqual([])
    fireEvent.click(within(bar).getByRole('button', { name: 'Đóng phòng' }))
    expect(await screen.findByText('Đã đóng phòng mà nguyen.thi.hoa đang xem.')).toBeTruthy()
    expect([state.openings, screen.queryByRole('region', { name: /đang xem/ })]).toEqual([[], null])
  })
  it('asks for the opening before its zones are drawn, once', async () => {
    service()
    const { rerender } = show(page(), session('room.open', 'camera.configure'))
    await settled()
    expect(screen.queryByRole('dialog')).toBeNull()
    rerender(page('zones'))
    expect((await screen.findByRole('dialog')).textContent).toContain('Vẽ vùng giám sát')
    fireEvent.click(button('Hủy'))
    await settled()
    expect(screen.queryByRole('dialog')).toBeNull()
    fireEvent.keyDown(document.body, { key: 'o' })
    fireEvent.click(button('Hủy'))
    expect(screen.getByText(/^Muốn vẽ vùng lên hình/)).toBeTruthy()
  })
})

describe('the picture of an alert in a room', () => {
  it('is asked for only while the room is open, and never in a list', async () => {
    service()
    const { container } = show(<><AlertPicture alert={alert} /><Thumbnail alert={alert} /></>)
    expect(container.querySelector('img')).toBeNull()
    await screen.findByRole('group', { name: 'Phòng đóng' })
    expect(screen.getByRole('img', { name: 'Phòng đóng' })).toBeTruthy()
    open()
    expect([...container.querySelectorAll('img')].map((one) => one.getAttribute('src'))).toEqual(['/api/alerts/a/snapshot.jpg'])
    expect(container.querySelector('.alert-picture .room-strip')).not.toBeNull()
    act(() => shut('room', 'server'))
    expect(container.querySelector('img')).toBeNull()
    expect(screen.getByText('Phòng đã được đóng lại.')).toBeTruthy()
  })
  it('that does not come is asked of the openings, and tried anew with another one', async () => {
    const held = openingOf()
    const state = service(held)
    const { container } = show(<AlertPicture alert={alert} />)
    const image = await waitFor(() => container.querySelector('img') ?? Promise.reject(new Error('no picture yet')))
    state.openings = []
    fireEvent.error(image)
    await screen.findByRole('group', { name: 'Phòng đóng' })
    open()
    expect(container.querySelector('img')).not.toBeNull()
  })
})

describe('the recordings of a room', () => {
  const camera = { id: 'room', name: 'Phòng 3', label: 'Phòng 3', site: 'Vị Thanh', removed: false }
  const actions = { onSwap: vi.fn(), onRemove: vi.fn(), onMove: vi.fn(), onSolo: null, onActive: vi.fn(), onJump: vi.fn() }
  it('are played only while it is known to be open', async () => {
    service()
    const track = { shown: new Store({ phase: 'video', gap: null, trouble: null, codec: null, at: 0, growing: false }) }
    const playback = { state: new Store({ scrubAt: null, playing: false, live: false }), track: vi.fn(() => track), untrack: vi.fn() }
    const picture = (closed: boolean, pending = false) => (
      <Picture camera={{ ...camera, closed }} pending={pending} unknown={false} playback={playback as unknown as Playback} active={false} solo={false} first last {...actions} />
    )
    const { rerender } = show(picture(false, true))
    expect(playback.track).not.toHaveBeenCalled()
    rerender(picture(true))
    expect(playback.track).not.toHaveBeenCalled()
    expect(screen.getByRole('group', { name: 'Phòng đóng' })).toBeTruthy()
    rerender(picture(false))
    expect(playback.track).toHaveBeenCalledTimes(1)
    rerender(picture(true))
    expect(playback.untrack).toHaveBeenCalledWith(track)
  })
  it('keep no small picture when it closes, also none that comes late; a refusal closes it', async () => {
    const state = service()
    const path = (second: string) => `GET /api/cameras/room/thumbnail.jpg?at=2026-11-22T14%3A00%3A${second}.000Z`
    state.instead.set(path('00'), new Response('jpeg'))
    state.instead.set(path('10'), new Response('{"type":"about:blank#room-closed"}', { status: 403 }))
    let count = 0
    vi.stubGlobal('URL', Object.assign(URL, { createObjectURL: vi.fn(() => `blob:${++count}`), revokeObjectURL: vi.fn() }))
    const Small = ({ at }: { at: string }) => <p>{useThumbnail('room', Date.parse(at), 0).src ?? 'none'}</p>
    const { rerender } = show(<Small at="2026-11-22T14:00:00Z" />)
    open()
    expect(await screen.findByText('blob:1')).toBeTruthy()
    await act(async () => shut('room', 'time'))
    expect([screen.queryByText('blob:1'), vi.mocked(URL.revokeObjectURL).mock.calls]).toEqual([null, [['blob:1']]])
    open()
    rerender(<Small at="2026-11-22T14:00:10Z" />)
    await waitFor(() => expect(state.calls).toContain(path('10')))
    await waitFor(() => expect(screen.getByText('none')).toBeTruthy())
  })
})

describe('the list of openings', () => {
  it('has what goes on first, everybody’s to who oversees, and ends what is chosen', async () => {
    const past = openingOf({ in_force: false, left_s: 0, closed_at: '2026-11-23T14:03:00Z', closed_by: 'truong.khu', user: 'minh', mine: false, reason: 'Nghi có người ngã' })
    const state = service(openingOf({ reason: 'Gọi' }), openingOf({ mine: false, user: 'hoa', reason: 'Bác sĩ' }), past)
    show(<RoomsPage />, session('room.open', 'room.oversee'))
    await screen.findByText('Bác sĩ')
    const now = screen.getByRole('region', { name: /^Đang mở/ })
    expect(within(now).getAllByRole('listitem').map((row) => row.querySelector('q')?.textContent).sort()).toEqual(['Bác sĩ', 'Gọi'])
    const before = screen.getByRole('region', { name: 'Trước đây' })
    expect((await within(before).findByRole('listitem')).textContent).toMatch(/Phòng 3 · Vị Thanh.*minh.*Nghi có người ngã.*truong\.khu đóng/)
    fireEvent.click(within(now).getByRole('button', { name: 'Đóng phòng' }))
    await waitFor(() => expect(within(now).getAllByRole('listitem')).toHaveLength(1))
    expect(state.openings.map((one) => one.user)).toEqual(['lan', 'minh'])
  })
  it('is nobody’s who may neither open nor oversee', () => {
    const state = service()
    show(<RoomsPage />, session())
    expect(screen.getByText(/^Chỉ quản trị, .* được mở phòng cách ly/)).toBeTruthy()
    expect(state.calls.some((call) => call.includes('/api/openings'))).toBe(false)
  })
})
