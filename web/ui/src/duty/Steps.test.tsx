// @vitest-environment jsdom
// The steps of escalation edited: saved, undone, refused because somebody else was first; read by who may not.
import { cleanup, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import '../i18n'
import { queryClient } from '../api/queries'
import { problem, sent, serve, session, show } from '../testing/accounts'
import { inForce, POLICY } from '../testing/duty'
import { Steps } from './Steps'
import { withLadder } from './steps'
import type { Ladder, Policy } from './types'

const manager = session(['duty.view', 'duty.manage'])
const critical = POLICY.security.critical as Ladder
const withDeadline = (after_s: number): Policy => withLadder(POLICY, 'security', 'critical', { ...critical, rungs: critical.rungs.map((rung, index) => (index === 1 ? { ...rung, after_s } : rung)) })
const card = async (name: string) => within(await screen.findByRole('article', { name }))
const CRITICAL = 'Cảnh báo về người · Nghiêm trọng'
const save = () => screen.getByRole('button', { name: 'Lưu' }) as HTMLButtonElement
const type = (label: string, value: string, within_ = screen as unknown as ReturnType<typeof within>) => fireEvent.change(within_.getByRole('textbox', { name: label }), { target: { value } })

afterEach(() => {
  cleanup()
  queryClient.clear()
  vi.unstubAllGlobals()
})

describe('the steps', () => {
  it('say at once what would happen, and are saved with a way back', async () => {
    let revision = 3
    const calls = serve({ 'GET /api/duty/policy': () => inForce(revision), 'PUT /api/duty/policy': () => ({ revision: ++revision }) })
    show(<Steps />, manager)
    const first = await card(CRITICAL)
    expect(save().disabled).toBe(true)
    type('Bậc 2: chờ bao lâu', '45', first)
    expect(first.getByText(/sau 45 giây không ai nhận thì gọi trưởng khu/)).toBeTruthy()
    expect(first.getByText('Chưa lưu')).toBeTruthy()
    fireEvent.click(save())
    fireEvent.click(await screen.findByRole('button', { name: 'Hoàn tác' }))
    await waitFor(() => expect(sent(calls)).toEqual([
      { method: 'PUT', path: '/api/duty/policy', body: { policy: withDeadline(45), base_revision: 3 } },
      { method: 'PUT', path: '/api/duty/policy', body: { policy: POLICY, base_revision: 4 } },
    ]))
  })
  it('are not saved with what is no time, and go back to the default', async () => {
    serve({ 'GET /api/duty/policy': inForce(1, withDeadline(30)) })
    show(<Steps />, manager)
    const first = await card(CRITICAL)
    type('Bậc 2: chờ bao lâu', 'x', first)
    expect(first.getByText(/Có thời gian chưa hợp lệ/)).toBeTruthy()
    expect(save().disabled).toBe(true)
    fireEvent.click(screen.getByRole('button', { name: 'Về mặc định' }))
    expect(first.getByText(/sau 90 giây không ai nhận/)).toBeTruthy()
    expect(save().disabled).toBe(false)
  })
  it('always call somebody for the gravest about persons; of others it can be left', async () => {
    serve({ 'GET /api/duty/policy': inForce(1) })
    show(<Steps />, manager)
    expect((await card(CRITICAL)).queryByRole('checkbox', { name: 'Có gọi người' })).toBeNull()
    const info = await card('Cảnh báo về người · Thông tin')
    fireEvent.click(info.getByRole('checkbox', { name: 'Có gọi người' }))
    expect(info.getByText(/^Cán bộ trực được gọi ngay; sau đó không gọi lại/)).toBeTruthy()
  })
  it('that somebody else changed meanwhile are laid beside one\'s own, and put together where they may be', async () => {
    const theirs = withLadder(POLICY, 'technical', 'warning', null)
    let first = true
    const calls = serve({
      'GET /api/duty/policy': () => (first ? inForce(1) : { ...inForce(2, theirs), by: 'thuy', at: '2026-11-24T03:00:00Z' }),
      'PUT /api/duty/policy': () => {
        const refused = first
        first = false
        return refused ? problem(409, 'changed') : { revision: 3 }
      },
    })
    show(<Steps />, manager)
    type('Bậc 2: chờ bao lâu', '45', await card(CRITICAL))
    fireEvent.click(save())
    const dialog = within(await screen.findByRole('dialog'))
    expect(dialog.getByText(/^thuy đã lưu lúc/)).toBeTruthy()
    expect(dialog.getByText('Cảnh báo về hệ thống · Cần chú ý').parentElement?.textContent).toContain('không gọi ai')
    fireEvent.click(dialog.getByRole('button', { name: 'Gộp thay đổi của tôi vào' }))
    await waitFor(() => expect(sent(calls)).toHaveLength(2))
    expect(sent(calls)[1]?.body).toEqual({ policy: { ...withDeadline(45), technical: theirs.technical }, base_revision: 2 })
  })
})

describe('who may not change them', () => {
  it.each([['without the right', session(['duty.view'])], ['of some sites alone', session(['duty.view', 'duty.manage'], { sites: ['vt1'] })]])('%s reads them', async (_, signedIn) => {
    serve({ 'GET /api/duty/policy': inForce(1) })
    show(<Steps />, signedIn)
    expect((await card(CRITICAL)).getByText(/^Cán bộ trực được gọi ngay/)).toBeTruthy()
    expect([screen.queryByRole('button', { name: 'Lưu' }), screen.queryByRole('textbox'), screen.queryByRole('checkbox')]).toEqual([null, null, null])
  })
})
