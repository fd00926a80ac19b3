// @vitest-environment jsdom
// What is quiet says why and until when and can be ended; maintenance is put beforehand; the way of alerts is proven.
import { act, cleanup, fireEvent, screen, waitFor } from '@testing-library/react'
import { afterEach, expect, it, vi } from 'vitest'
import '../../i18n'
import { connection } from '../../api/connection'
import { queryClient } from '../../api/queries'
import type { Quiet } from '../../api/chains'
import { quietOf } from '../../api/quiets'
import { Connection } from '../../shell/Connection'
import { list, sent, serve, session, show } from '../../testing/accounts'
import { Maintenance } from './Maintenance'
import { QuietNote } from './QuietNote'
import { QuietsDialog } from './QuietsDialog'

const soon = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString()
const quiet = (more: Partial<Quiet> = {}): Quiet => ({
  id: 'q1', kind: 'snooze', site: 'vt1', camera: 'c1', rule: 'breach', start: soon(-5), until: soon(10), reason: 'Con vật qua lại', by: 'lan',
  created_at: soon(-5), ended_at: null, ended_by: null, in_force: true, ...more,
})
const may = session(['alert.view', 'alert.quiet', 'system.view'])

afterEach(() => {
  cleanup()
  queryClient.clear()
  act(() => connection.set({ state: 'connecting', since: 0 }))
  vi.unstubAllGlobals()
})

it('says why, by whom and until when, and ends it', async () => {
  let items = [quiet()]
  const calls = serve({ 'GET /api/quiets': () => list(items), 'DELETE /api/quiets/q1': () => ((items = []), undefined) })
  show(<QuietNote quiet={quiet()} />, may)
  expect(screen.getByText('Con vật qua lại')).toBeTruthy()
  fireEvent.click(await screen.findByRole('button', { name: 'Báo lại ngay' }))
  await waitFor(() => expect(sent(calls)).toEqual([{ method: 'DELETE', path: '/api/quiets/q1', body: null }]))
  await waitFor(() => expect(screen.queryByRole('button')).toBeNull())
  expect(screen.getByText(/lan đặt, đã hết/)).toBeTruthy()
})

it('says until when to who may end none, and does not ask for the list', () => {
  const calls = serve({})
  show(<QuietNote quiet={quiet()} />, session(['alert.view']))
  expect(screen.getByText(/lan đặt, tới/)).toBeTruthy()
  expect(screen.queryByRole('button')).toBeNull()
  expect(calls).toEqual([])
})

it('lists those in force and to come, and the past ones', async () => {
  serve({
    'GET /api/quiets': ({ query }: { query: URLSearchParams }) => list(query.get('ended') ? [quiet({ id: 'old', ended_at: soon(-1), ended_by: 'minh' })] : [quiet(), quiet({ id: 'q2', kind: 'maintenance', rule: null, start: soon(60), until: soon(120) })]),
    'GET /api/cameras/c1': { id: 'c1', zones: [], rules: [{ id: 'breach', kind: 'zone_breach' }] },
  })
  show(<QuietsDialog open onClose={() => undefined} />, may)
  expect(await screen.findByText(/Tạm ngừng báo · Xâm nhập vùng/)).toBeTruthy()
  expect(screen.getByText(/Sắp tới/)).toBeTruthy()
  expect(screen.getAllByRole('button', { name: 'Báo lại ngay' })).toHaveLength(2)
  fireEvent.click(screen.getByRole('button', { name: 'Đã qua' }))
  expect(await screen.findByText(/minh cho kết thúc/)).toBeTruthy()
  expect(screen.queryByRole('button', { name: 'Báo lại ngay' })).toBeNull()
})

it('puts a camera under maintenance from when to when, never without a reason', async () => {
  const calls = serve({ 'GET /api/quiets': list([]), 'POST /api/quiets': new Response(JSON.stringify({ items: [quiet()] }), { status: 201 }) })
  show(<Maintenance camera={{ id: 'c1', site: 'vt1', name: 'Cổng' }} />, may)
  fireEvent.click(screen.getByRole('button', { name: 'Bảo trì: không báo động' }))
  const [fromDay, fromTime, toDay, toTime] = await screen.findAllByLabelText<HTMLInputElement>(/^(Từ|Đến)$/, { selector: 'input' })
  const type = (field: HTMLInputElement | undefined, value: string) => field && fireEvent.change(field, { target: { value } })
  type(fromDay, '2030-01-02')
  type(fromTime, '7:30')
  type(toDay, '2030-01-02')
  type(toTime, '7:00')
  fireEvent.click(screen.getByRole('button', { name: 'Đặt bảo trì' }))
  expect((await screen.findByRole('alert')).textContent).toContain('phải sau giờ bắt đầu')
  fireEvent.click(screen.getByRole('button', { name: '4 giờ' }))
  expect(toTime?.value).toBe('11:30')
  fireEvent.click(screen.getByRole('button', { name: 'Đặt bảo trì' }))
  expect((await screen.findByRole('alert')).textContent).toBe('Hãy ghi lý do.')
  fireEvent.click(screen.getByRole('button', { name: 'Sửa chữa' }))
  fireEvent.click(screen.getByRole('button', { name: 'Đặt bảo trì' }))
  await waitFor(() => expect(sent(calls)).toEqual([{
    method: 'POST', path: '/api/quiets', body: { cameras: ['c1'], start: '2030-01-02T00:30:00.000Z', until: '2030-01-02T04:30:00.000Z', reason: 'Sửa chữa' },
  }]))
})

it('says that the way of alerts is not proven any more', async () => {
  const canary = (state: string) => ({ site: 'vt1', node: 'n', sent_at: soon(-9), stored_at: soon(-9), told_at: soon(-9), pushed_at: null, state })
  let state = 'late'
  serve({ 'GET /api/canaries': () => list([canary(state)]) })
  act(() => connection.set({ state: 'up', since: 0 }))
  show(<Connection />, may)
  expect(await screen.findByText('Cảnh báo có thể không tới')).toBeTruthy()
  state = 'fresh'
  await act(() => queryClient.invalidateQueries({ queryKey: ['canaries'] }))
  expect(await screen.findByText('Đã kết nối')).toBeTruthy()
})

it('takes what is of the whole site for quiet only where that itself is snoozed', () => {
  const now = Date.parse(soon(0))
  const held = (rule: string | null) => queryClient.setQueryData(['quiets', false], [{ ...quiet(), camera: 'c1', rule, start: soon(-1), until: soon(9) }])
  const of = (kind: string, rule: string) => quietOf(queryClient, { camera: 'c1', rule, kind }, now) !== null
  held(null)
  expect([of('zone_breach', 'r'), of('site_unreachable', 'site-unreachable')]).toEqual([true, false])
  held('site-unreachable')
  expect([of('zone_breach', 'r'), of('site_unreachable', 'site-unreachable')]).toEqual([false, true])
})
