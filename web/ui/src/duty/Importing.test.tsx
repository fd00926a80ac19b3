// @vitest-environment jsdom
// Many shifts at once: a file is tried first and written only where nothing is wrong; a week is taken over.
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import '../i18n'
import { queryClient } from '../api/queries'
import { list, serve, session, show, type Call } from '../testing/accounts'
import { shift } from '../testing/duty'
import { CopyDialog } from './CopyDialog'
import { ImportDialog } from './ImportDialog'

const manager = session(['duty.view', 'duty.manage'])
const plan = (added: number, problems: object[] = [], more = {}) => ({ added, unchanged: 1, rows: added + 1, problems, ...more })
const imports = (calls: readonly Call[]) => calls.filter(({ path }) => path.endsWith('/import')).map(({ query }) => (query.get('dry_run') === 'true' ? 'tried' : 'written'))
const drop = (name: string, text = 'x') => fireEvent.change(screen.getByLabelText('Chọn tệp'), { target: { files: [new File([text], name)] } })

afterEach(() => {
  cleanup()
  queryClient.clear()
  vi.unstubAllGlobals()
})

describe('a file', () => {
  const open = (answers: unknown[]) => {
    const calls = serve({ 'POST /api/duty/shifts/import': () => answers.shift() })
    const onClose = vi.fn()
    show(<ImportDialog template="/api/duty/shifts.csv" onClose={onClose} />, manager)
    return { calls, onClose }
  }
  it('is tried, says what it would add, and is written when asked', async () => {
    const { calls, onClose } = open([plan(12), plan(12)])
    expect((screen.getByRole('button', { name: 'Nhập từ tệp…' }) as HTMLButtonElement).disabled).toBe(true)
    drop('tuan48.csv')
    expect(await screen.findByText('Tệp có 13 dòng: thêm 12 ca, 1 ca đã có sẵn.')).toBeTruthy()
    expect(imports(calls)).toEqual(['tried'])
    fireEvent.click(screen.getByRole('button', { name: 'Nhập 12 ca' }))
    await waitFor(() => expect(onClose).toHaveBeenCalled())
    expect(imports(calls)).toEqual(['tried', 'written'])
  })
  it('with anything wrong is not written: row, column and what is wrong are said', async () => {
    const wrong = [{ row: 4, column: 'user', code: 'no-user', message: "'ai do' is nobody who may take alerts of the site on" }, { row: null, column: null, code: 'later', message: 'said by the service' }]
    const { calls } = open([plan(0, wrong, { more_problems: 7, ignored_columns: ['Ca'] })])
    drop('tuan48.xlsx')
    const row = within((await screen.findByText('«ai do»: Không có người này, hoặc người này không được nhận cảnh báo ở đây.')).closest('tr') as HTMLElement)
    expect([row.getByText('4'), row.getByText('Người trực')]).toHaveLength(2)
    expect(screen.getByText('said by the service')).toBeTruthy()
    expect(screen.getByRole('alert').textContent).toContain('9 chỗ sai')
    expect(screen.getByText('Bỏ qua các cột: Ca')).toBeTruthy()
    expect((screen.getByRole('button', { name: 'Nhập từ tệp…' }) as HTMLButtonElement).disabled).toBe(true)
    expect(imports(calls)).toEqual(['tried'])
  })
  it('of another kind is not sent at all', () => {
    const { calls } = open([])
    drop('lich.pdf')
    expect(screen.getByRole('alert').textContent).toBe('lich.pdf không phải tệp CSV hoặc XLSX.')
    expect(imports(calls)).toEqual([])
  })
  it('says so where somebody was quicker', async () => {
    const { onClose } = open([plan(2), plan(0, [{ row: 2, column: 'start', code: 'overlap', message: 'x' }])])
    drop('a.csv')
    fireEvent.click(await screen.findByRole('button', { name: 'Nhập 2 ca' }))
    expect(await screen.findByText('Người này đã có ca cùng nhiệm vụ ở đây trong thời gian đó.')).toBeTruthy()
    expect(onClose).not.toHaveBeenCalled()
  })
})

describe('the week before', () => {
  const week = [shift('a', 'lan', '2026-11-17T00:00:00Z', '2026-11-17T12:00:00Z'), shift('b', 'minh', '2026-11-18T00:00:00Z', '2026-11-18T12:00:00Z')]
  it('is tried first; what stands against it is named, and can be left out', async () => {
    const answers = [plan(0, [{ row: 3, column: 'start', code: 'overlap', message: 'x' }]), plan(1), plan(1)]
    const calls = serve({ 'GET /api/duty/shifts': list(week), 'POST /api/duty/shifts/import': () => answers.shift() })
    const onClose = vi.fn()
    show(<CopyDialog to="2026-11-23" days={7} may={() => true} onClose={onClose} />, manager)
    expect(await screen.findByText('minh · Cán bộ trực · Vị Thanh 1 · T4 25/11 07:00–19:00')).toBeTruthy()
    fireEvent.click(screen.getByRole('button', { name: 'Bỏ qua 1 ca vướng' }))
    fireEvent.click(await screen.findByRole('button', { name: 'Chép 1 ca' }))
    await waitFor(() => expect(onClose).toHaveBeenCalled())
    expect(imports(calls)).toEqual(['tried', 'tried', 'written'])
    const asked = calls.find(({ path }) => path === '/api/duty/shifts')
    expect([asked?.query.get('start'), asked?.query.get('end')]).toEqual(['2026-11-15T17:00:00.000Z', '2026-11-22T17:00:00.000Z'])
  })
  it('without shifts is said to be empty', async () => {
    const calls = serve({})
    show(<CopyDialog to="2026-11-23" days={7} may={() => true} onClose={() => undefined} />, manager)
    expect(await screen.findByText('Tuần trước không có ca nào để chép')).toBeTruthy()
    expect(imports(calls)).toEqual([])
  })
})
