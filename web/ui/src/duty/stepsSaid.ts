// A ladder in a sentence: what would happen, as one tells somebody.
import type { TFunction } from 'i18next'
import i18n, { word } from '../i18n'
import { duration } from '../time/format'
import type { Ladder } from './types'

/** A duty as it is called. */
const who = (duty: string) => word('dutyCalled', duty)

const capital = (text: string) => text.charAt(0).toLocaleUpperCase(i18n.language) + text.slice(1)

/** "Cán bộ trực được gọi ngay; sau 90 giây không ai nhận thì gọi trưởng khu; …" */
export function ladderSaid(ladder: Ladder | null, t: TFunction): string {
  if (ladder === null) return t('stepsSaid.nobody')
  const [first, ...others] = ladder.rungs
  if (!first) return t('stepsSaid.nobody')
  const calls = [
    first.after_s === 0 ? t('stepsSaid.first', { who: who(first.duty) }) : t('stepsSaid.firstAfter', { who: who(first.duty), time: wait(first.after_s) }),
    ...others.map((rung, index) => (rung.after_s === 0 ? t('stepsSaid.alsoAtOnce', { who: who(rung.duty) })
      : t(index === 0 ? 'stepsSaid.next' : 'stepsSaid.further', { who: who(rung.duty), time: wait(rung.after_s) }))),
    ladder.repeat_s === null ? t('stepsSaid.once') : t('stepsSaid.repeat', { who: who(ladder.rungs.at(-1)?.duty ?? ''), time: wait(ladder.repeat_s) }),
  ]
  return [
    `${capital(calls.join('; '))}.`,
    ladder.cooldown_s > 0 ? t('stepsSaid.cooldown', { time: wait(ladder.cooldown_s) }) : '',
    t(ladder.until_over ? 'stepsSaid.untilOver' : 'stepsSaid.untilTaken'),
  ].filter(Boolean).join(' ')
}

/** Seconds as they are said of deadlines: "90 giây" rather than "1 phút 30 giây". */
export function wait(seconds: number): string {
  return seconds < 120 ? i18n.t('time.seconds', { count: seconds }) : duration(seconds * 1000)
}
