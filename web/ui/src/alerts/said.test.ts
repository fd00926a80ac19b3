// What an alert says, in both languages: no rule id, no key, no bare number of seconds.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Alert } from '../api/types'
import i18n from '../i18n'
import { beganAt, kindOf, lastedMs, manyOf, ruleOf, saidOf, saidWhole } from './said'

const base = {
  kind: 'zone_breach', zone: 'z1', rule: 'breach', persons: 1, opened_at: '2026-11-22T14:03:13Z', ended_at: '2026-11-22T14:03:26Z',
  detail: { since: '2026-11-22T14:03:12Z', zone_name: 'Cửa ra', most: 1 },
}
const alert = (part: object = {}) => ({ ...base, ...part }) as unknown as Alert
const NOW = Date.parse('2026-11-22T14:05:17Z')

describe.each([
  ['vi', {
    breach: '2 người trong vùng «Cửa ra»', crossed: '3 lượt qua vạch «Cửa ra»: 2 từ A sang B, 1 từ B sang A', oneWay: '1 lượt qua vạch «Cửa ra», từ B sang A',
    max: '4 người trong khung hình, tối đa 3', min: 'Dưới 2 người trong vùng «Cửa ra»', absence: 'Không có ai trong khung hình',
    passed: ['6 lượt', '1 người'], loitering: '1 người nán lại trong vùng «Cửa ra»', tamper: 'Hình bị che', offline: 'Không tới được camera',
  }],
  ['en', {
    breach: '2 persons in zone “Cửa ra”', crossed: '3 crossings of line “Cửa ra”: 2 from A to B, 1 from B to A', oneWay: '1 crossing of line “Cửa ra”, from B to A',
    max: '4 persons in the picture, at most 3 allowed', min: 'Fewer than 2 persons in zone “Cửa ra”', absence: 'Nobody in the picture',
    passed: ['6 crossings', '1 person'], loitering: '1 person staying in zone “Cửa ra”', tamper: 'The picture is covered', offline: 'Camera unreachable',
  }],
])('in %s', (language, said) => {
  beforeEach(() => i18n.changeLanguage(language))
  afterEach(() => i18n.changeLanguage('vi'))

  it('says what each kind found', () => {
    const zone_name = 'Cửa ra'
    expect(saidOf(alert({ persons: 2 }))).toBe(said.breach)
    expect(saidOf(alert({ kind: 'line_crossing', persons: 3, detail: { zone_name, a_to_b: 2, b_to_a: 1 } }))).toBe(said.crossed)
    expect(saidOf(alert({ kind: 'line_crossing', detail: { zone_name, b_to_a: 1 } }))).toBe(said.oneWay)
    expect([manyOf('line_crossing', 6), manyOf('zone_breach', 1)]).toEqual(said.passed)
    expect(saidOf(alert({ kind: 'occupancy', zone: null, persons: 4, detail: { max: 3 } }))).toBe(said.max)
    expect(saidOf(alert({ kind: 'occupancy', persons: 1, detail: { zone_name, min: 2 } }))).toBe(said.min)
    expect(saidOf(alert({ kind: 'absence', zone: null, persons: 0, detail: {} }))).toBe(said.absence)
    expect(saidOf(alert({ kind: 'loitering' }))).toBe(said.loitering)
    expect(saidOf(alert({ kind: 'tamper', zone: null, persons: 0, detail: { tamper: 'covered' } }))).toBe(said.tamper)
    expect(saidOf(alert({ kind: 'camera_offline', zone: null, persons: 0, detail: { reason: 'unreachable' } }))).toBe(said.offline)
  })
})

describe('an alert in words', () => {
  it('begins when it began, and lasts until it ended or until now', () => {
    expect(beganAt(alert())).toBe(Date.parse('2026-11-22T14:03:12Z'))
    expect(lastedMs(alert(), NOW)).toBe(14_000)
    expect(lastedMs(alert({ ended_at: null }), NOW)).toBe(125_000)
    expect(beganAt(alert({ detail: { since: 'nonsense' } }))).toBe(Date.parse('2026-11-22T14:03:13Z'))
  })
  it('says the time and how long', () => {
    expect(saidWhole(alert(), NOW)).toMatch(/^1 người trong vùng «Cửa ra» từ .*21:03:12, 14 giây$/)
    expect(saidWhole(alert({ ended_at: null }), NOW)).toMatch(/từ .*21:03:12, đến nay 2 phút 5 giây$/)
  })
  it('calls the zone as it was called then, else as it is called now, else by its id', () => {
    expect(ruleOf(alert(), 'Tên mới')).toBe('Xâm nhập vùng · «Cửa ra»')
    expect(ruleOf(alert({ detail: {} }), 'Tên mới')).toBe('Xâm nhập vùng · «Tên mới»')
    expect(ruleOf(alert({ detail: null }))).toBe('Xâm nhập vùng · «z1»')
    expect(ruleOf(alert({ kind: 'tamper', zone: null, detail: {} }))).toBe('Camera bị can thiệp')
  })
})

it('calls a clock that nobody keeps unsynchronized, not wrong', () => {
  expect(kindOf(alert({ kind: 'clock', detail: { reason: 'unsynchronized' } }))).toBe('Đồng hồ máy ghi chưa được đồng bộ')
  expect(kindOf(alert({ kind: 'clock', detail: { reason: 'stepped' } }))).toBe('Đồng hồ máy ghi sai lệch')
})

it('calls a site whose recorder stopped unrecorded, not cut off', () => {
  const cut = { kind: 'site_unreachable', zone: null, detail: { reason: 'worker_lost', cameras: ['a', 'b'] } }
  expect([kindOf(alert(cut)), saidOf(alert(cut))]).toEqual(['Khu cách ly không được ghi hình', '2 camera không được ghi hình: bộ ghi ngừng hoạt động'])
  const away = alert({ ...cut, detail: { ...cut.detail, reason: 'unreachable' } })
  expect([kindOf(away), saidOf(away)]).toEqual(['Mất liên lạc khu cách ly', '2 camera mất tín hiệu'])
})

describe.each(['vi', 'en'])('the service itself in trouble, in %s', (language) => {
  beforeEach(() => i18n.changeLanguage(language))
  afterEach(() => i18n.changeLanguage('vi'))

  it.each([['canary', 'stored_missing'], ['canary', 'told_missing'], ['canary', 'push_failed'], ['model', 'model_fallback']])('says what %s %s means and what to do', (kind, reason) => {
    const said = alert({ kind, zone: null, persons: 0, detail: { reason } })
    expect(kindOf(said)).toBe(i18n.t(`kind.${kind}`))
    expect(saidOf(said).toLocaleLowerCase()).toBe(i18n.t(`nodeReason.${reason}`).toLocaleLowerCase())
    expect(i18n.exists(`remedy.${reason}`)).toBe(true)
  })
})
