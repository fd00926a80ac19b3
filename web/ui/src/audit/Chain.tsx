// The chain that the entries are links of: its head, and whether each day's root has left the house.
import type { UseQueryResult } from '@tanstack/react-query'
import { TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { AuditHead } from '../api/audit'
import { Failed, Skeletons } from '../controls/states'
import { word } from '../i18n'
import { dayStart, moment, number } from '../time/format'
import { serverClock } from '../time/serverClock'
import { channelsOf, unsentOf } from './roots'

const dayEnd = (day: string) => Date.parse(dayStart(day, 1))
/** 2026-11-22 as 22/11/2026 */
const dayName = (day: string) => day.split('-').reverse().join('/')

/** In one sentence each, over the list: what did not leave the house. */
export function Unsent({ head }: { head: AuditHead | undefined }) {
  const { t } = useTranslation()
  if (!head) return null
  const missed = unsentOf(head, serverClock.now(), dayEnd)
  const alone = head.channels.length === 0
  if (!alone && missed.length === 0) return null
  return (
    <div className="audit-unsent" role="alert">
      {alone && <p className="banner attention"><TriangleAlert size={17} /><span>{t('chain.alone')} <small>{t('chain.aloneHint')}</small></span></p>}
      {missed.map(({ channel, days, error }) => (
        <p key={channel} className="banner attention">
          <TriangleAlert size={17} />
          <span>
            {t(days.length === 1 ? 'chain.missedOne' : 'chain.missedMany', { channel: word('chainChannel', channel), day: dayName(days[0] ?? ''), last: dayName(days.at(-1) ?? ''), count: days.length })}{' '}
            <small>{word('chainRemedy', channel)}{error && ` (${error})`}</small>
          </span>
        </p>
      ))}
    </div>
  )
}

const SHOWN = 14

export function Chain({ head }: { head: UseQueryResult<AuditHead> }) {
  const { t } = useTranslation()
  const data = head.data
  if (!data) return head.isError ? <Failed error={head.error} what={t('chain.failed')} onRetry={() => void head.refetch()} /> : <Skeletons className="rows-loading" count={4} height={30} />
  const alone = data.channels.length === 0
  return (
    <div className="chain">
      <p className="secondary">{t(alone ? 'chain.textAlone' : 'chain.text')}</p>
      <dl className="figures">
        <div><dt>{t('chain.entries')}</dt><dd><b>{number(data.seq)}</b></dd></div>
        {data.at && <div><dt>{t('chain.newest')}</dt><dd>{moment(data.at)}</dd></div>}
        {data.hash && <div className="chain-hash"><dt>{t('audit.hash')}</dt><dd><code>{data.hash}</code></dd></div>}
      </dl>
      <h3>{t('chain.roots')}</h3>
      {data.roots.length === 0 ? <p className="secondary">{t(alone ? 'chain.noRootsAlone' : 'chain.noRoots')}</p> : (
        <>
          <Roots head={data} />
          <p className="chain-legend">
            <span><i className="mark running" /> {t('chain.legendSent')}</span>
            <span><i className="mark cross" /> {t('chain.legendLate')}</span>
            <span><i className="mark dash" /> {t('chain.legendNever')}</span>
          </p>
        </>
      )}
      <p className="secondary">{t('chain.verify')} <code>vms audit verify</code></p>
    </div>
  )
}

function Roots({ head }: { head: AuditHead }) {
  const { t } = useTranslation()
  const roots = [...head.roots].sort((a, b) => b.day.localeCompare(a.day)).slice(0, SHOWN)
  const channels = channelsOf(head)
  const missed = unsentOf(head, serverClock.now(), dayEnd)
  return (
    <table className="chain-roots">
      <thead>
        <tr><th scope="col">{t('chain.day')}</th>{channels.map((one) => <th key={one} scope="col">{word('chainShort', one)}</th>)}</tr>
      </thead>
      <tbody>
        {roots.map((root) => (
          <tr key={root.day} title={root.hash}>
            <th scope="row">{dayName(root.day)}</th>
            {channels.map((one) => {
              const at = root.sent[one]
              const late = missed.some(({ channel, days }) => channel === one && days.includes(root.day))
              const said = at ? t('chain.sentAt', { time: moment(at) }) : t(late ? 'chain.late' : 'chain.waiting')
              return (
                <td key={one} title={said}>
                  <i className={`mark ${at ? 'running' : late ? 'cross' : 'dash'}`} aria-hidden="true" /><span className="visually-hidden">{said}</span>
                </td>
              )
            })}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
