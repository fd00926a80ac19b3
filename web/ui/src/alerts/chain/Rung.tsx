// One rung that was called: whom, reached over which channel after how long, or what was answered instead.
import { CircleAlert, CircleCheck, LoaderCircle } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { Attempt, Call } from '../../api/chains'
import { word } from '../../i18n'
import { duration, moment } from '../../time/format'
import { reachOf, tallied } from './course'

/** `open`: it is still its turn. */
export function Rung({ call, open }: { call: Call; open: boolean }) {
  const { t } = useTranslation()
  return (
    <li data-kind="called" data-open={open}>
      <time dateTime={call.at}>{moment(call.at)}</time>
      <div className="rung">
        <span>{t('called.calls')} <b>{word('calledAs', call.duty)}</b>{call.round > 0 && <span className="secondary"> · {t('called.round', { count: call.round + 1 })}</span>}</span>
        {call.people.length === 0 && <span className="rung-person attention"><CircleAlert size={14} aria-hidden="true" /> {t('called.nobody')}</span>}
        {call.people.map((person, index) => <Person key={person.user ?? index} call={call} person={person} />)}
      </div>
    </li>
  )
}

function Person({ call, person }: { call: Call; person: Call['people'][number] }) {
  const { t } = useTranslation()
  const reach = reachOf(call, person.attempts)
  const name = <b>{person.user ?? t('called.someone')}{person.stand_in && <span className="secondary"> ({t('called.standIn')})</span>}</b>
  return (
    <div className="rung-person" data-state={reach.state}>
      {reach.state === 'reached' ? (
        <>
          <CircleCheck size={14} aria-hidden="true" />
          <span>{name} · {reach.afterMs < 1000 ? t('called.reachedAtOnce', { channel: reach.attempt.channel }) : t('called.reached', { channel: reach.attempt.channel, span: duration(reach.afterMs) })}</span>
        </>
      ) : reach.state === 'trying' ? (
        <>
          <LoaderCircle size={14} aria-hidden="true" />
          <span>{name} · {t('called.trying')}</span>
        </>
      ) : (
        <>
          <CircleAlert size={14} aria-hidden="true" />
          <span>{name} · {t(reach.state === 'none' ? 'called.noChannel' : 'called.unreached')}</span>
        </>
      )}
      {reach.state !== 'none' && reach.before.length > 0 && (
        <ul className="rung-before">
          {tallied(reach.before).map(({ attempt, times }, index) => <li key={index}><Failed attempt={attempt} times={times} /></li>)}
        </ul>
      )}
    </div>
  )
}

function Failed({ attempt, times }: { attempt: Attempt; times: number }) {
  const { t } = useTranslation()
  return <>{t('called.failed', { channel: attempt.channel })}{times > 1 && ` ×${times}`}{attempt.answer && <q>{attempt.answer}</q>}</>
}
