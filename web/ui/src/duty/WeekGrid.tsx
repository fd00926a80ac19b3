// The roster drawn: days across, sites and their duties down, shifts as bars, gaps hatched, the line of now.
import { Fragment, type CSSProperties } from 'react'
import { useTranslation } from 'react-i18next'
import { word } from '../i18n'
import { useSitesNamed } from '../rights/sites'
import { useNow } from '../shell/ticking'
import { weekday } from '../time/format'
import { placeOf, shareOf } from './geometry'
import { Lane } from './Lane'
import type { Row } from './rows'
import type { Span } from './times'
import type { Shift } from './types'

interface Props {
  rows: readonly Row[]
  days: readonly Span[]
  /** Whether the row's roster is one's own to change. */
  may: (site: string | null) => boolean
  /** The row to be looked at. */
  marked: string | null
  onOpen: (shift: Shift) => void
  onNew: (row: Row, span: Span) => void
}

export function WeekGrid({ rows, days, may, marked, onOpen, onNew }: Props) {
  const { t } = useTranslation()
  const named = useSitesNamed()
  const now = useNow(30_000)
  const today = days.findIndex(({ start, end }) => now >= start && now < end)
  const placed = placeOf({ start: now, end: now + 1 }, days)
  return (
    <div className="week" style={{ '--days': days.length } as CSSProperties} data-marked={marked !== null}>
      <div className="week-head">
        <span />
        <div className="week-days">
          {days.map(({ start }, index) => <span key={start} data-today={index === today}>{weekday(start)}{index === today && <small> {t('roster.today')}</small>}</span>)}
        </div>
      </div>
      <div className="week-body">
        <div className="week-over" aria-hidden="true">
          {today >= 0 && <i className="week-today" style={{ left: `${(100 * today) / days.length}%`, width: `${100 / days.length}%` }} />}
          {placed && <i className="week-now" style={{ left: `${100 * shareOf(now, days)}%` }} />}
        </div>
        {rows.map((row, index) => (
          <Fragment key={row.key}>
            {row.site !== rows[index - 1]?.site || index === 0 ? <h3 className="week-site cut">{row.site === null ? t('onDuty.everywhere') : named([row.site])}</h3> : null}
            <div className="week-row" data-row={row.key} data-marked={row.key === marked} role="group" aria-label={t('roster.row', { duty: word('duty', row.duty), site: row.site === null ? t('wall.allSites') : named([row.site]) })}>
              <span className="week-duty cut">{word('duty', row.duty)}</span>
              <Lane row={row} days={days} now={now} may={may(row.site)} onOpen={onOpen} onNew={(span) => onNew(row, span)} />
            </div>
          </Fragment>
        ))}
      </div>
    </div>
  )
}
