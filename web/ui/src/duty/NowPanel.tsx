// Who is called at this moment, by site: what is wrong first, and by itself where there are many sites.
import { CircleCheck, UserX } from 'lucide-react'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Empty, Failed, Skeletons, StaleNote } from '../controls/states'
import { word } from '../i18n'
import { useSitesNamed } from '../rights/sites'
import { moment } from '../time/format'
import { ReachMark, TestButton } from './Reach'
import { useOnDuty } from './queries'
import { apart, troubleOf, type Trouble } from './standing'
import type { DutyNow, DutyPerson } from './types'

/** So many sites are shown each; of more only those that need looking after, until all are asked for. */
const FEW = 4
const MARKS: Record<Exclude<Trouble, null>, string> = { nobody: 'cross', unreached: 'cross', standIn: 'disc', untested: 'ring' }

export function NowPanel({ mayTest }: { mayTest: boolean }) {
  const { t } = useTranslation()
  const now = useOnDuty()
  const named = useSitesNamed()
  const [all, setAll] = useState(false)
  const { everywhere, sites } = useMemo(() => apart(now.data ?? []), [now.data])
  const wrong = (duties: readonly DutyNow[]) => duties.some((one) => troubleOf(one) !== null)
  const inOrder = [...sites].filter(({ duties }) => duties.length > 0).sort((a, b) => Number(wrong(b.duties)) - Number(wrong(a.duties)))
  const shown = all || inOrder.length <= FEW ? inOrder : inOrder.filter(({ duties }) => wrong(duties))
  const fine = inOrder.filter(({ duties }) => !wrong(duties)).length
  return (
    <section className="panel duty-now" aria-labelledby="duty-now">
      <h2 id="duty-now">
        <span>{t('onDuty.title')}</span>
        {inOrder.length > FEW && <button className="button quiet" aria-expanded={all} onClick={() => setAll(!all)}>{t(all ? 'onDuty.fewer' : 'onDuty.all', { count: inOrder.length })}</button>}
      </h2>
      {now.isError && now.data && <StaleNote since={now.dataUpdatedAt} onRetry={() => void now.refetch()} />}
      {now.isPending ? <Skeletons className="rows-loading" count={3} height={40} />
        : !now.data ? <Failed error={now.error} what={t('onDuty.failed')} onRetry={() => void now.refetch()} />
          : now.data.length === 0 ? <Empty icon={<UserX size={26} strokeWidth={1.5} />} title={t('onDuty.none')} text={t('onDuty.noneText')} /> : (
            <div className="duty-cards">
              {everywhere.length > 0 && <Card name={t('onDuty.everywhere')} duties={everywhere} mayTest={mayTest} />}
              {shown.map(({ site, duties }) => <Card key={site} name={site === null ? t('onDuty.everywhere') : named([site])} duties={duties} mayTest={mayTest} />)}
              {shown.length < inOrder.length && <p className="duty-fine"><CircleCheck size={15} aria-hidden="true" /> {t('onDuty.fine', { count: fine })}</p>}
            </div>
          )}
    </section>
  )
}

function Card({ name, duties, mayTest }: { name: string; duties: readonly DutyNow[]; mayTest: boolean }) {
  return (
    <article className="duty-card">
      <h3 className="cut">{name}</h3>
      <dl>{duties.map((one) => <OfDuty key={one.duty} one={one} mayTest={mayTest} />)}</dl>
    </article>
  )
}

function OfDuty({ one, mayTest }: { one: DutyNow; mayTest: boolean }) {
  const { t } = useTranslation()
  const trouble = troubleOf(one)
  return (
    <div className="duty-of" data-trouble={trouble}>
      <dt>{word('duty', one.duty)}</dt>
      <dd>
        {(trouble === 'nobody' || trouble === 'standIn' || trouble === 'unreached') && (
          <span className="duty-trouble"><i className={`mark ${MARKS[trouble]}`} aria-hidden="true" /> {t(`trouble.${trouble}`)}</span>
        )}
        {one.people.map((person) => <OnDuty key={person.user} person={person} mayTest={mayTest} />)}
      </dd>
    </div>
  )
}

function OnDuty({ person, mayTest }: { person: DutyPerson; mayTest: boolean }) {
  const { t } = useTranslation()
  return (
    <span className="duty-person">
      <span className="duty-who">
        <b className="cut">{person.user}</b>
        <span className="secondary nowrap">{person.until ? t('onDuty.until', { time: moment(person.until, false) }) : t('onDuty.standIn')}</span>
        <ReachMark person={person} />
      </span>
      {mayTest && <TestButton user={person.user} />}
    </span>
  )
}
