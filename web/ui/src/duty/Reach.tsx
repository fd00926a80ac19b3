// Whether a call would arrive: a shape and a word; and the button that tries it.
import { Send } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Store } from '../preferences/store'
import { moment } from '../time/format'
import { reachedOf, type Reached } from './standing'
import type { Reach } from './types'

const MARKS: Record<Reached, string> = { good: 'running', untested: 'ring', none: 'cross' }

/** Whose channels are to be tried; null: nobody's. */
export const testing = new Store<string | null>(null)

export function ReachMark({ person }: { person: Reach }) {
  const { t } = useTranslation()
  const reached = reachedOf(person)
  const words = reached === 'good' ? t('reach.good', { time: moment(person.tested ?? 0, false) }) : t(`reach.${reached}`)
  return (
    <span className="reach" data-reached={reached} title={person.channels > 0 ? t('reach.channels', { count: person.channels }) : undefined}>
      <i className={`mark ${MARKS[reached]}`} aria-hidden="true" /> {words}
    </span>
  )
}

export function TestButton({ user }: { user: string }) {
  const { t } = useTranslation()
  return (
    <button type="button" className="button quiet icon reach-test" aria-label={t('reach.testOf', { name: user })} title={t('reach.testOf', { name: user })} onClick={() => testing.set(user)}>
      <Send size={14} />
    </button>
  )
}
