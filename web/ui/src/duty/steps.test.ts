// The steps: what a ladder says in a sentence, what may be done to it, how two versions are put together.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import i18n from '../i18n'
import { POLICY } from '../testing/duty'
import { differences, equal, moved, sound, together, unused, withLadder, without, withRung } from './steps'
import { ladderSaid } from './stepsSaid'
import { DUTIES, type Ladder } from './types'

const ladder = POLICY.security.critical as Ladder
const said = (one: Ladder | null) => ladderSaid(one, i18n.t)

afterEach(() => i18n.changeLanguage('vi'))

describe('the sentence', () => {
  it('says who is called, and after how long', () => {
    expect(said(ladder)).toBe('Cán bộ trực được gọi ngay; sau 90 giây không ai nhận thì gọi trưởng khu; sau 3 phút nữa thì gọi trực tỉnh; sau đó cứ 5 phút gọi lại trực tỉnh cho tới khi có người nhận. '
      + 'Cảnh báo cùng camera và quy tắc trong lúc đang gọi, hoặc trong 60 giây sau khi có người nhận, được gộp chung. Sự việc tự hết vẫn gọi cho tới khi có người nhận.')
  })
  it('says it in English', async () => {
    await i18n.changeLanguage('en')
    expect(said(ladder)).toMatch(/^The duty officer is called at once; after 90 s in which nobody takes it on, the site lead is called; after another 3 min, province duty; then province duty is called again every 5 min/)
  })
  it('says what is not done', () => {
    expect(said(null)).toBe('Chỉ hiện trên màn hình, không gọi ai.')
    expect(said(POLICY.technical.warning)).toBe('Sau 30 giây không ai nhận thì gọi kỹ thuật trực; sau đó không gọi lại. Cảnh báo cùng camera và quy tắc trong lúc đang gọi, hoặc trong 15 phút sau khi có người nhận, được gộp chung. Sự việc tự hết thì ngừng gọi.')
    expect(said(POLICY.security.warning)).not.toMatch(/gộp/)
  })
})

describe('a ladder', () => {
  it('has each duty once, the same as the service has', () => {
    const source = readFileSync(join(process.cwd(), '..', 'duty', 'policy.py'), 'utf8')
    expect([.../Duty = Literal\[([^\]]*)\]/.exec(source)?.[1]?.matchAll(/"(\w+)"/g) ?? []].map((match) => match[1])).toEqual([...DUTIES])
    expect(unused(ladder)).toEqual(['technician'])
    const four = withRung(ladder)
    expect(four.rungs.at(-1)).toEqual({ duty: 'technician', after_s: 300 })
    expect(withRung(four)).toBe(four)
  })
  it('keeps its deadlines where they are when duties change places', () => {
    expect(moved(ladder, 2, -1).rungs).toEqual([{ duty: 'officer', after_s: 0 }, { duty: 'province', after_s: 90 }, { duty: 'site_lead', after_s: 180 }])
    expect(moved(ladder, 0, -1)).toBe(ladder)
    expect(without(ladder, 1).rungs.map(({ duty }) => duty)).toEqual(['officer', 'province'])
  })
  it('is what the service would take', () => {
    const wrong: Partial<Ladder>[] = [{ rungs: [] }, { repeat_s: 59 }, { repeat_s: NaN }, { cooldown_s: 3601 }, { rungs: [{ duty: 'officer', after_s: -1 }] }, { rungs: [{ duty: 'officer', after_s: 0 }, { duty: 'officer', after_s: 1 }] }]
    expect(sound(ladder)).toBe(true)
    expect(wrong.map((part) => sound({ ...ladder, ...part }))).toEqual(wrong.map(() => false))
  })
})

describe('two versions', () => {
  const mine = withLadder(POLICY, 'security', 'info', ladder)
  it('are the same whatever the order of their parts', () => {
    expect(equal({ a: 1, b: [{ c: null, d: 2 }] }, { b: [{ d: 2, c: null }], a: 1 })).toBe(true)
    expect(differences(POLICY, mine)).toEqual([{ group: 'security', severity: 'info' }])
  })
  it('are put together where each changed another ladder', () => {
    const theirs = withLadder(POLICY, 'technical', 'critical', null)
    expect(together(POLICY, mine, theirs)).toEqual({ security: mine.security, technical: theirs.technical })
    expect(together(POLICY, mine, mine)).toEqual(mine)
  })
  it('are not where both changed the same', () => expect(together(POLICY, mine, withLadder(POLICY, 'security', 'info', without(ladder, 0)))).toBeNull())
})
