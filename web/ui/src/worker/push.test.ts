// What notification comes from what push, and what takes its place.
import { describe, expect, it } from 'vitest'
import { answered, pushed, shownOf, windowFor, withPicture } from './push'

const BREACH = {
  title: 'Xâm nhập · Cổng chính', body: 'Vị Thanh 1 · 2 người · 21:04', path: '/alerts/a1', tag: 'a1', urgent: true, silent: false,
  alert: 'a1', picture: false, language: 'vi',
}
const of = (change: object = {}) => pushed(JSON.stringify({ ...BREACH, ...change }))

describe('a push', () => {
  it('calls loudly, stays, and can be taken on or looked at', () => {
    const { title, options } = shownOf(of())
    expect(title).toBe('Xâm nhập · Cổng chính')
    expect(options).toMatchObject({ body: 'Vị Thanh 1 · 2 người · 21:04', tag: 'a1', renotify: true, silent: false, requireInteraction: true, lang: 'vi' })
    expect(options.vibrate).toBeDefined()
    expect(options.image).toBeUndefined()
    expect(options.actions).toEqual([{ action: 'ack', title: 'Nhận' }, { action: 'see', title: 'Xem' }])
  })
  it('speaks the language of its channel', () => {
    expect(shownOf(of({ language: 'en' })).options.actions.map(({ title }) => title)).toEqual(['Take on', 'View'])
  })
  it('that is not urgent goes by itself', () => {
    const { options } = shownOf(of({ urgent: false }))
    expect([options.requireInteraction, options.vibrate, options.silent]).toEqual([false, undefined, false])
  })
  it('without an alert offers nothing to take on: a test', () => {
    expect(shownOf(of({ alert: null })).options.actions).toEqual([])
  })
  it('that is silent takes the place of what was shown: no sound, nothing held, and no browser refuses it', () => {
    const { options } = shownOf(of({ silent: true, alert: null }))
    expect([options.tag, options.silent, options.renotify, options.requireInteraction, options.vibrate]).toEqual(['a1', true, false, false, undefined])
  })
  it('gets its picture without another sound', () => {
    const { title, options } = withPicture(of({ picture: true }), 'data:image/jpeg;base64,AA==')
    expect([title, options.image, options.silent, options.renotify, options.requireInteraction]).toEqual([BREACH.title, 'data:image/jpeg;base64,AA==', true, false, true])
    expect('vibrate' in options).toBe(false)
  })
  it.each([undefined, '', 'plain words', 'null', '[]', '{}', '{"title": 7, "path": 7, "alert": 7}'])('that cannot be read calls all the same: %s', (text) => {
    const { title, options } = shownOf(pushed(text))
    expect([title, options.data.path, options.tag, options.actions]).toEqual(['Có cảnh báo mới. Mở để xem', '/alerts', 'vms', []])
  })
  it.each(['https://evil.example/x', '//evil.example/x', '/\\evil.example', '/.//evil.example', '/x/..//evil.example', 'javascript:alert(1)', ':'])('leads nowhere outside: %s', (path) => {
    expect(['/alerts', '/:']).toContain(of({ path }).path)
  })
  it('keeps the whole of its path', () => {
    expect(of({ path: '/alerts/a%2F1?x=1#y' }).path).toBe('/alerts/a%2F1?x=1#y')
  })
})

describe('what becomes of taking it on', () => {
  it.each([
    [{ state: 'sending' }, 'Đang gửi…', [], false],
    [{ state: 'taken' }, 'Bạn đã nhận xử lý', ['see'], false],
    [{ state: 'first', by: 'lan' }, 'lan đã xử lý trước', ['see'], false],
    [{ state: 'first', by: null }, 'Đã có người xử lý trước', ['see'], false],
    [{ state: 'forbidden' }, 'Tài khoản của bạn không được nhận cảnh báo này', ['see'], false],
    [{ state: 'gone' }, 'Cảnh báo này không còn', ['see'], false],
    [{ state: 'signed-out' }, 'Bạn đã đăng xuất. Mở để đăng nhập và nhận', ['see'], true],
    [{ state: 'lost' }, 'Chưa gửi được: mất kết nối tới máy chủ', ['ack', 'see'], true],
  ] as const)('%o', (taken, title, actions, stays) => {
    const shown = answered(of(), taken)
    expect([shown.title, shown.options.actions.map(({ action }) => action), shown.options.requireInteraction]).toEqual([title, actions, stays])
    expect([shown.options.tag, shown.options.silent, shown.options.renotify]).toEqual(['a1', true, false])
    expect(shown.options.body).toBe('Xâm nhập · Cổng chính\nVị Thanh 1 · 2 người · 21:04')
  })
})

describe('the window that is led there', () => {
  it.each([
    [['/wall', '/alerts', '/alerts/a1'], 2],
    [['/wall', '/alerts/b'], 1],
    [['/alerts'], 0],
    [['/wall', '/recordings'], -1],
    [[], -1],
  ])('of %j is %i', (paths, index) => expect(windowFor(paths, '/alerts/a1')).toBe(index))
})
