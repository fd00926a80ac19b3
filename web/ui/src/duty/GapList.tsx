// Where nobody is rostered in the next days: what, when, and who is called instead; each leads to its place.
import { CircleCheck } from 'lucide-react'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { Failed, Skeletons, StaleNote } from '../controls/states'
import { word } from '../i18n'
import { useSitesNamed } from '../rights/sites'
import { useNow } from '../shell/ticking'
import { duration, moment } from '../time/format'
import { useGaps } from './queries'
import { grouped, type GapGroup } from './rows'
import { turn } from './said'
import { DAY, MINUTE } from './times'

export const AHEAD_DAYS = 7
/** What is looked at moves on in such steps: it is not asked for anew every second. */
const STEP = 15 * MINUTE

export function GapList({ onGo }: { onGo: (gap: GapGroup) => void }) {
  const { t } = useTranslation()
  const now = useNow(MINUTE)
  const start = Math.floor(now / STEP) * STEP
  const gaps = useGaps({ start, end: start + AHEAD_DAYS * DAY })
  const list = useMemo(() => grouped(gaps.data ?? []), [gaps.data])
  return (
    <section className="panel duty-gaps" aria-labelledby="duty-gaps">
      <h2 id="duty-gaps"><span>{t('gaps.title')}</span>{list.length > 0 && <span className="badge open" data-severity="warning">{list.length}</span>}</h2>
      {gaps.isError && gaps.data && <StaleNote since={gaps.dataUpdatedAt} onRetry={() => void gaps.refetch()} />}
      {gaps.isPending ? <Skeletons className="rows-loading" count={4} height={36} />
        : !gaps.data ? <Failed error={gaps.error} what={t('gaps.failed')} onRetry={() => void gaps.refetch()} />
          : list.length === 0 ? <p className="duty-fine"><CircleCheck size={15} aria-hidden="true" /> {t('gaps.none')}</p> : (
            <ul className="gap-list scrolls">{list.map((gap) => <li key={`${gap.duty} ${gap.start} ${gap.sites.join()}`}><Entry gap={gap} now={now} until={start + AHEAD_DAYS * DAY} onGo={onGo} /></li>)}</ul>
          )}
    </section>
  )
}

function Entry({ gap, now, until, onGo }: { gap: GapGroup; now: number; until: number; onGo: (gap: GapGroup) => void }) {
  const { t } = useTranslation()
  const named = useSitesNamed()
  const open = gap.start <= now
  const sites = gap.sites.filter((site) => site !== null)
  return (
    <button type="button" className="gap-entry" data-now={open} onClick={() => onGo(gap)}>
      <i className={`mark ${gap.stand_ins.length === 0 ? 'cross' : 'disc'}`} aria-hidden="true" />
      <span className="gap-what"><b>{word('duty', gap.duty)}</b> · {sites.length === 0 ? t('wall.allSites') : named(sites)}</span>
      <span className="gap-when">
        {open && gap.end >= until ? <b>{t('gaps.whole')}</b> : (
          <>{open ? <b>{t('gaps.nowUntil', { time: moment(gap.end, false, now) })}</b> : turn(gap.start, gap.end)} <span className="secondary nowrap">({duration(gap.end - Math.max(now, gap.start))})</span></>
        )}
      </span>
      <span className="gap-who secondary">{gap.stand_ins.length === 0 ? t('gaps.nobody') : t('gaps.standIn', { names: gap.stand_ins.slice(0, 3).join(', ') + (gap.stand_ins.length > 3 ? ` +${gap.stand_ins.length - 3}` : '') })}</span>
    </button>
  )
}
