// @vitest-environment jsdom
// Saving: in force when the detector says so, late when it does not, taken back, and never over somebody else's.
import { cleanup, render, screen } from '@testing-library/react'
import { createElement } from 'react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import '../../i18n'
import { keys, queryClient } from '../../api/queries'
import type { Analysis, CameraDetail } from '../../api/types'
import { Toasts } from '../../controls/toasts'
import { LATE_MS, quarrel, save, saving, settleFor, settleForTheirs, turnBack } from './saving'
import type { Saved } from './state'

const zone = { id: 'z', kind: 'area' as const, polygon: [[0, 0], [1, 0], [1, 1]] as [number, number][] }
const base: Saved = { revision: 3, zones: [], rules: [] }
const mine: Analysis = { zones: [zone], rules: [] }

/** The service: revisions in order, and the one that its detector goes by (null: away). */
class Service {
  revision = 3
  lists: Analysis = { zones: [], rules: [] }
  applied: number | null = 3
  follows = true
  puts: (Analysis & { base_revision: number })[] = []
  refuse: { status: number; body: object } | null = null
  private readonly at = new Map<number, string>([[3, JSON.stringify(this.lists)]])

  /** Revisions count every camera's changes: without `lists` it was another one's. */
  changed(revision: number, lists = this.lists) {
    this.revision = revision
    this.lists = lists
    this.at.set(revision, JSON.stringify(lists))
  }

  readonly answer = (path: string, init: RequestInit) => {
    if (init.method === 'PUT') {
      const body = JSON.parse(String(init.body)) as Analysis & { base_revision: number }
      this.puts.push(body)
      if (this.refuse) return Promise.resolve(new Response(JSON.stringify(this.refuse.body), { status: this.refuse.status }))
      if (this.at.get(body.base_revision) !== this.at.get(this.revision)) {
        const told = { type: 'about:blank#changed', by: 'lan', at: '2026-11-22T01:00:00Z', revision: this.revision, ...this.lists }
        return Promise.resolve(new Response(JSON.stringify(told), { status: 409 }))
      }
      this.changed(this.revision + 1, { zones: body.zones, rules: body.rules })
      if (this.follows) this.applied = this.revision
      return Promise.resolve(new Response(JSON.stringify({ revision: this.revision })))
    }
    expect(path).toBe('/api/cameras/gate-1')
    return Promise.resolve(new Response(JSON.stringify({ id: 'gate-1', ...this.lists, revision: this.revision, analysis_revision: this.applied })))
  }
}

let service: Service
beforeEach(() => {
  service = new Service()
  vi.stubGlobal('fetch', vi.fn(service.answer))
  queryClient.setQueryData(keys.camera('gate-1'), { id: 'gate-1', ...base } as unknown as CameraDetail)
})
afterEach(() => {
  cleanup()
  vi.useRealTimers()
  vi.unstubAllGlobals()
  saving.set(null)
  quarrel.set(null)
  queryClient.clear()
})
const phase = (wanted: string) => vi.waitFor(() => expect(saving.get()?.phase).toBe(wanted))
/** The page has asked for the camera meanwhile. */
const seen = () => queryClient.setQueryData(keys.camera('gate-1'), { id: 'gate-1', ...service.lists, revision: service.revision } as unknown as CameraDetail)
const shown = () => queryClient.getQueryData<CameraDetail>(keys.camera('gate-1'))

describe('saving', () => {
  it('sends both lists and what they were drawn upon, and is in force when the detector says so', async () => {
    expect(await save('gate-1', mine, base)).toBe(true)
    expect(service.puts).toEqual([{ ...mine, masks: [], base_revision: 3 }])
    expect(shown()?.zones).toEqual([zone])
    await phase('inForce')
    expect(saving.get()).toMatchObject({ revision: 4, late: null, before: { zones: [], rules: [] } })
    expect(saving.get()?.tookMs).toBeGreaterThanOrEqual(0)
  })
  it('says after a while that the detector is away or behind, and that it is in force once it is', async () => {
    vi.useFakeTimers()
    service.follows = false
    await save('gate-1', mine, base)
    await vi.advanceTimersByTimeAsync(LATE_MS - 500)
    expect(saving.get()).toMatchObject({ phase: 'saved', late: null })
    await vi.advanceTimersByTimeAsync(1500)
    expect(saving.get()).toMatchObject({ phase: 'saved', late: 'behind' })
    service.applied = null
    await vi.advanceTimersByTimeAsync(5000)
    expect(saving.get()?.late).toBe('away')
    service.applied = 4
    await vi.advanceTimersByTimeAsync(5000)
    expect(saving.get()).toMatchObject({ phase: 'inForce', late: null })
  })
  it('is taken back to what was there before, and taken back again: each is one revision', async () => {
    await save('gate-1', mine, base)
    await phase('inForce')
    const said: unknown[] = []
    for (const wanted of ['undo', 'redo', 'undo'] as const) {
      await turnBack()
      await phase('inForce')
      expect(saving.get()?.what).toBe(wanted)
      said.push(service.puts.at(-1), shown()?.zones)
    }
    const none = { zones: [], rules: [] }
    expect(said).toEqual([{ ...none, masks: [], base_revision: 4 }, [], { ...mine, masks: [], base_revision: 5 }, [zone], { ...none, masks: [], base_revision: 6 }, []])
  })
  it('is taken back and back again while other cameras are saved in between', async () => {
    await save('gate-1', mine, base)
    for (const [wanted, lists] of [['undo', { zones: [], rules: [] }], ['redo', mine], ['undo', { zones: [], rules: [] }]] as const) {
      await phase('inForce')
      service.changed(service.revision + 1)
      seen()
      await turnBack()
      expect([saving.get()?.what, service.lists]).toEqual([wanted, lists])
    }
    expect(quarrel.get()).toBeNull()
  })
  it('can be taken back once more after that has failed', async () => {
    await save('gate-1', mine, base)
    await phase('inForce')
    service.refuse = { status: 503, body: { type: 'about:blank#database-unavailable' } }
    await turnBack()
    expect(saving.get()).toMatchObject({ phase: 'failed', what: 'save', revision: 4, error: { status: 503 } })
    service.refuse = null
    await turnBack()
    await phase('inForce')
    expect([saving.get()?.what, service.lists.zones]).toEqual(['undo', []])
  })
  it('says why it cannot be taken back, in the service\'s own words where it refused that', async () => {
    render(createElement(Toasts))
    const told = () => screen.getByRole('status').lastElementChild?.textContent
    await save('gate-1', mine, base)
    await phase('inForce')
    service.refuse = { status: 422, body: { type: 'about:blank#invalid', detail: "zone 'z': its edges cross" } }
    await turnBack()
    await vi.waitFor(() => expect(told()).toBe("Máy chủ từ chối: zone 'z': its edges cross"))
    service.refuse = { status: 503, body: {} }
    await turnBack()
    await vi.waitFor(() => expect(told()).toMatch(/Kiểm tra mạng/))
  })
  it('overwrites nobody: it tells who was first, and both ways out', async () => {
    service.changed(7, { zones: [{ ...zone, id: 'theirs' }], rules: [] })
    const drop = vi.fn()
    expect(await save('gate-1', mine, base, drop)).toBe(false)
    expect(saving.get()).toBeNull()
    const found = quarrel.get()
    expect(found).toMatchObject({ by: 'lan', what: 'save', mine, base: { zones: [] }, theirs: { revision: 7 } })
    if (!found) return
    await settleFor(found, found.mine)
    expect(service.lists).toEqual(mine)
    expect([service.puts.at(-1)?.base_revision, drop.mock.calls.length]).toEqual([7, 0])
    settleForTheirs(found)
    expect([quarrel.get(), drop.mock.calls.length, shown()?.revision]).toEqual([null, 1, 7])
  })
  it('does not undo over somebody else either', async () => {
    await save('gate-1', mine, base)
    service.changed(9, { zones: [zone, { ...zone, id: 'theirs' }], rules: [] })
    seen()
    await turnBack()
    expect(quarrel.get()).toMatchObject({ what: 'undo', mine: { zones: [] }, base: { zones: [zone] }, theirs: { revision: 9 } })
    expect(service.lists.zones).toHaveLength(2)
  })
  it('does not redo over somebody else', async () => {
    await save('gate-1', mine, base)
    await turnBack()
    service.changed(9, { zones: [{ ...zone, id: 'theirs' }], rules: [] })
    seen()
    await turnBack()
    expect(quarrel.get()).toMatchObject({ what: 'redo', mine: { zones: [zone] }, base: { zones: [] }, theirs: { revision: 9 } })
    expect(service.lists.zones).toMatchObject([{ id: 'theirs' }])
  })
  it('keeps the service\'s own words when it refuses', async () => {
    service.refuse = { status: 422, body: { type: 'about:blank#invalid', detail: "rule 'r': kind occupancy needs 'min' or 'max'" } }
    expect(await save('gate-1', mine, base)).toBe(false)
    expect(saving.get()).toMatchObject({ phase: 'failed', revision: null, error: { detail: expect.stringContaining('needs') } })
    expect(shown()?.zones).toEqual([])
  })
})
