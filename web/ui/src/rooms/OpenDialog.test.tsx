// @vitest-environment jsdom
// Opening a room by keys alone: nothing without a reason, the answer is in force at once, what is refused is said in the dialog.
import { act, cleanup, fireEvent, screen, waitFor } from '@testing-library/react'
import { afterEach, expect, it } from 'vitest'
import { openingOf, service, session, show, tidy } from '../testing/rooms'
import { queryClient } from '../api/queries'
import { askRoom } from './asking'
import { isClosed, own } from './openings'

const field = () => screen.getByLabelText<HTMLTextAreaElement>('Lý do')
const key = (name: string) => fireEvent.keyDown(field(), { key: name })
const settled = () => waitFor(() => expect(queryClient.isFetching()).toBe(0))

async function asked(from: 'room' | 'alert' | 'zones' = 'room', ...openings: Parameters<typeof service>) {
  const state = service(...openings)
  show(null)
  await settled()
  act(() => askRoom('room', from))
  return state
}

afterEach(() => {
  cleanup()
  tidy()
})

it('opens nothing without a reason', async () => {
  const state = await asked()
  expect(document.activeElement).toBe(field())
  fireEvent.change(field(), { target: { value: '   ' } })
  key('Enter')
  expect(screen.getByRole('alert').textContent).toBe('Hãy ghi lý do mở phòng.')
  expect(state.bodies).toEqual([])
})
it('takes a usual reason by arrow keys and opens with Enter, for five minutes', async () => {
  const state = await asked('alert')
  key('ArrowDown')
  expect(field().value).toBe('Xác minh cảnh báo')
  key('ArrowDown')
  key('ArrowUp')
  expect(field().value).toBe('Xác minh cảnh báo')
  key('Enter')
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
  expect(state.bodies).toEqual([{ reason: 'Xác minh cảnh báo', minutes: 5 }])
  expect(isClosed({ id: 'room', placement: 'patient_room' })).toBe(false)
})
it('leaves the arrows to who writes words of his own, and takes the minutes that are chosen', async () => {
  const state = await asked()
  fireEvent.change(field(), { target: { value: ' Giường 3 kêu đau ' } })
  expect(key('ArrowDown')).toBe(true)
  expect(field().value).toBe(' Giường 3 kêu đau ')
  fireEvent.click(screen.getByRole('button', { name: '30 phút' }))
  fireEvent.click(screen.getByRole('button', { name: /^Mở phòng/ }))
  await waitFor(() => expect(state.bodies).toEqual([{ reason: 'Giường 3 kêu đau', minutes: 30 }]))
})
it('of a room that is open begins with its reason, and puts the new end in the place of the old', async () => {
  const state = await asked('room', openingOf({ reason: 'Người cách ly gọi', left_s: 20 }))
  expect([screen.getByRole('heading').textContent, field().value]).toEqual(['Gia hạn mở phòng', 'Người cách ly gọi'])
  key('Enter')
  await waitFor(() => expect(state.bodies).toHaveLength(1))
  await settled()
  expect([own.get().size, own.get().get('room')?.left_s]).toEqual([1, 300])
})
it('says in the dialog what was refused, and keeps what was written', async () => {
  const state = await asked()
  state.instead.set('POST /api/cameras/room/openings', new Response('{"type":"about:blank#forbidden"}', { status: 403 }))
  fireEvent.change(field(), { target: { value: 'gọi' } })
  key('Enter')
  expect((await screen.findByRole('alert')).textContent).toBe('Tài khoản này không có quyền thực hiện việc này.')
  expect(field().value).toBe('gọi')
  expect(own.get().size).toBe(0)
})
it('goes when the camera turns out to look into no room', async () => {
  const state = await asked()
  state.instead.set('POST /api/cameras/room/openings', new Response('{"type":"about:blank#no-room"}', { status: 409 }))
  fireEvent.change(field(), { target: { value: 'gọi' } })
  key('Enter')
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull())
  expect(state.calls.filter((call) => call.startsWith('GET /api/cameras?')).length).toBeGreaterThan(1)
})
it('goes with who is signed in', async () => {
  service(openingOf())
  const { unmount } = show(null, session('room.open'))
  await waitFor(() => expect(own.get().size).toBe(1))
  unmount()
  expect(own.get().size).toBe(0)
})
