// How rules are called: no two of a camera alike, and what became of a changed one.
import { describe, expect, it } from 'vitest'
import '../../i18n'
import type { Rule, Zone } from '../../api/types'
import { differences } from './differences'
import { changesText, ruleWords } from './words'

const zones: Zone[] = [{ id: 'z', kind: 'restricted', name: 'Cửa sau', polygon: [[0, 0], [1, 0], [1, 1]] }]
const breach: Rule = { id: 'a', kind: 'zone_breach', zone: 'z', dwell_s: 1 }
const titles = (...rules: Rule[]) => [...ruleWords(rules, zones).values()].map(({ title }) => title)
const NAME = 'Xâm nhập vùng · Cửa sau'

describe('rules', () => {
  it('are called by kind and zone, and the rest is beneath', () => {
    expect(ruleWords([breach, { id: 't', kind: 'tamper' }], zones).get('a')).toEqual({ title: NAME, text: 'Luôn luôn · sau 1 giây · Nghiêm trọng' })
  })
  it('of one kind at one zone are told apart by the least that they differ in', () => {
    const found = ruleWords([{ ...breach, schedule: '22:00-05:00' }, { ...breach, id: 'b', dwell_s: 30 }, { ...breach, id: 'c', dwell_s: 30, severity: 'info' }], zones)
    expect([...found.values()]).toEqual([
      { title: `${NAME} · 22:00\u2060–\u206005:00`, text: 'sau 1 giây · Nghiêm trọng' },
      { title: `${NAME} · Luôn luôn · Nghiêm trọng`, text: 'sau 30 giây' },
      { title: `${NAME} · Thông tin`, text: 'Luôn luôn · sau 30 giây' },
    ])
    expect(titles({ id: 'a', kind: 'occupancy', max: 5 }, { id: 'b', kind: 'occupancy', max: 20 })).toEqual(['Số người sai quy định · quá 5 người', 'Số người sai quy định · quá 20 người'])
  })
  it('that are the same in all are numbered', () => {
    expect(titles(breach, { ...breach, id: 'b' }, { ...breach, id: 'c' })).toEqual([NAME, `${NAME} (2)`, `${NAME} (3)`])
  })
})

describe('what was changed', () => {
  const said = (before: Rule | Zone, after: Rule | Zone) => {
    const of = (item: Rule | Zone) => ('severity' in item || 'dwell_s' in item ? { zones, rules: [item as Rule] } : { zones: [item as Zone], rules: [] })
    return differences(of(before), of(after)).flatMap((one) => changesText(one, zones))
  }
  it('is said thing by thing', () => {
    expect(said(breach, { ...breach, schedule: '22:00-05:00', dwell_s: 30 })).toEqual(['Luôn luôn → 22:00\u2060–\u206005:00', 'sau 1 giây → sau 30 giây'])
    const [zone] = zones as [Zone]
    expect(said(zone, { ...zone, name: 'Cửa trước', kind: 'area', polygon: [[0, 0], [1, 0], [0.5, 1]] }))
      .toEqual(['Cửa sau → Cửa trước', 'Vùng cấm → Vùng theo dõi', 'đổi hình dạng hoặc vị trí'])
  })
})
