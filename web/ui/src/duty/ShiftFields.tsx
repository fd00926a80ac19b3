// The fields of a shift: where, what, who, from when to when, on how many days.
import { useTranslation } from 'react-i18next'
import { useSites } from '../api/queries'
import { shortSite } from '../alerts/places'
import { Failed } from '../controls/states'
import { word } from '../i18n'
import { useHeld } from '../rights/session'
import { ALL, askedOf, eligible, MOST_DAYS, MOST_NOTE, USUAL, withDuty, withEndTime, withStartDate, withUsual, type Draft } from './draft'
import { usePeople } from './queries'
import { ReachMark, TestButton } from './Reach'
import { turn } from './said'
import { DUTIES, OF_ALL_SITES, type Duty } from './types'

export function ShiftFields({ draft, fresh, onChange }: { draft: Draft; fresh: boolean; onChange: (draft: Draft) => void }) {
  const { t } = useTranslation()
  const held = useHeld()
  const sites = useSites()
  const people = usePeople(true)
  const may = eligible(people.data ?? [], draft.site, draft.duty)
  const chosen = people.data?.find(({ user }) => user === draft.user)
  const asked = askedOf(draft)
  const last = asked.at(-1)
  const put = (some: Partial<Draft>) => onChange({ ...draft, ...some })
  return (
    <>
      <div className="shift-pair">
        <label className="field">
          <span>{t('shift.duty')}</span>
          <select className="select" value={draft.duty} onChange={(event) => onChange(withDuty(draft, event.target.value as Duty))}>
            {DUTIES.map((duty) => <option key={duty} value={duty}>{word('duty', duty)}</option>)}
          </select>
        </label>
        <label className="field">
          <span>{t('shift.site')}</span>
          <select className="select" value={draft.site} onChange={(event) => put({ site: event.target.value })}>
            {draft.site === '' && <option value="">{t('shift.chooseSite')}</option>}
            {!held && OF_ALL_SITES.includes(draft.duty) && <option value={ALL}>{t('wall.allSites')}</option>}
            {sites.data?.map(({ id, name }) => <option key={id} value={id}>{shortSite(name)}</option>)}
            {draft.site !== '' && draft.site !== ALL && sites.data && !sites.data.some(({ id }) => id === draft.site) && <option value={draft.site}>{draft.site}</option>}
          </select>
        </label>
      </div>
      <div className="field">
        <label htmlFor="shift-user" className="secondary">{t('shift.user')}</label>
        {people.isError && !people.data ? <Failed error={people.error} what={t('shift.peopleFailed')} onRetry={() => void people.refetch()} /> : (
          <select id="shift-user" className="select" autoFocus={fresh} value={draft.user} onChange={(event) => put({ user: event.target.value })}>
            <option value="">{people.isPending ? t('state.loading') : may.length === 0 ? t('shift.nobody') : t('shift.choosePerson')}</option>
            {may.map(({ user, role, channels }) => <option key={user} value={user}>{user} · {word('role', role)}{channels === 0 ? ` · ${t('reach.none')}` : ''}</option>)}
            {draft.user !== '' && !may.some(({ user }) => user === draft.user) && <option value={draft.user}>{draft.user}</option>}
          </select>
        )}
        {chosen && <span className="shift-reach"><ReachMark person={chosen} /><TestButton user={chosen.user} /></span>}
      </div>
      <div className="shift-pair">
        <fieldset className="field">
          <legend>{t('shift.start')}</legend>
          <span className="shift-moment">
            <input className="input" type="date" aria-label={t('shift.startDate')} value={draft.startDate} onChange={(event) => onChange(withStartDate(draft, event.target.value))} />
            <input className="input" inputMode="numeric" aria-label={t('shift.startTime')} placeholder="07:00" maxLength={5} value={draft.startTime} onChange={(event) => put({ startTime: event.target.value })} />
          </span>
        </fieldset>
        <fieldset className="field">
          <legend>{t('shift.end')}</legend>
          <span className="shift-moment">
            <input className="input" type="date" aria-label={t('shift.endDate')} value={draft.endDate} onChange={(event) => put({ endDate: event.target.value })} />
            <input className="input" inputMode="numeric" aria-label={t('shift.endTime')} placeholder="19:00" maxLength={5} value={draft.endTime}
              onChange={(event) => put({ endTime: event.target.value })} onBlur={() => onChange(withEndTime(draft, draft.endTime))} />
          </span>
        </fieldset>
      </div>
      <div className="choices" role="group" aria-label={t('shift.usual')}>
        {USUAL.map((one) => <button key={one[0]} type="button" className="button" onClick={() => onChange(withUsual(draft, one))}>{t(`usual.${one[0]}`)}</button>)}
      </div>
      {fresh && (
        <label className="shift-repeat">
          <span>{t('shift.repeat')}</span>
          <input className="input" type="number" min={1} max={MOST_DAYS} value={draft.days} onChange={(event) => put({ days: event.target.value })} />
          <span>{t('shift.repeatDays')}</span>
          {asked.length > 1 && last && <small className="secondary">{t('shift.last', { time: turn(Date.parse(last.start), Date.parse(last.end)) })}</small>}
        </label>
      )}
      <label className="field">
        <span>{t('shift.note')}</span>
        <input className="input" maxLength={MOST_NOTE} value={draft.note} onChange={(event) => put({ note: event.target.value })} />
      </label>
    </>
  )
}
