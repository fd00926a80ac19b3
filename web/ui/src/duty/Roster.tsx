// The roster's page: who is on duty now, the gaps ahead, the week; the dialogs over it.
import { useEffect, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useSites } from '../api/queries'
import { Failed, Skeletons, StaleNote } from '../controls/states'
import { useStore } from '../preferences/store'
import { useHeld } from '../rights/session'
import { useSearchParts } from '../shell/location'
import { onPhone } from '../shell/phone'
import { usePermission } from '../shell/shellState'
import { day } from '../time/format'
import { serverClock } from '../time/serverClock'
import { remove } from './actions'
import { CopyDialog } from './CopyDialog'
import { draftOf, type Draft } from './draft'
import { GapList } from './GapList'
import { ImportDialog } from './ImportDialog'
import { NowPanel } from './NowPanel'
import { exportPath, useGaps, useShifts } from './queries'
import { testing } from './Reach'
import { rowsOf, type GapGroup, type Row } from './rows'
import { ShiftDialog } from './ShiftDialog'
import { TestDialog } from './TestDialog'
import { daysFrom, isDate, mondayOf, momentAt, plusDays, type Span } from './times'
import { useRosterKeys } from './useRosterKeys'
import { WeekGrid } from './WeekGrid'
import { WeekTools } from './WeekTools'
import type { Shift } from './types'

type Opened = { what: 'new'; draft: Draft } | { what: 'shift'; shift: Shift } | { what: 'copy' } | { what: 'import' }

export function Roster() {
  const { t } = useTranslation()
  const manages = usePermission('duty.manage')
  const held = useHeld()
  const tested = useStore(testing)
  const [parts, put] = useSearchParts()
  const [open, setOpen] = useState<Opened | null>(null)
  const [marked, setMarked] = useState<string | null>(null)
  const daily = onPhone()
  const count = daily ? 1 : 7
  const pageOf = (date: string) => (daily ? date : mondayOf(date))
  const here = pageOf(day(serverClock.now()))
  const from = parts.get('from')
  const first = isDate(from) ? pageOf(from) : here
  const site = parts.get('site') ?? ''
  const days = useMemo(() => daysFrom(first, count), [first, count])
  const span: Span = { start: days[0]?.start ?? 0, end: days.at(-1)?.end ?? 0 }
  const sites = useSites()
  const shifts = useShifts(span)
  const gaps = useGaps(span)
  const rows = useMemo(() => {
    const known = sites.data?.map(({ id }) => id) ?? []
    // A site that is not configured any more keeps its shifts until somebody removes them.
    const gone = [...new Set((shifts.data ?? []).flatMap((one) => (one.site !== null && !known.includes(one.site) ? [one.site] : [])))].sort()
    return rowsOf([...known, ...gone].filter((id) => site === '' || id === site), shifts.data ?? [], gaps.data ?? [])
  }, [sites.data, shifts.data, gaps.data, site])
  const may = (where: string | null) => manages && (where !== null || !held)
  const show = (date: string) => put({ from: pageOf(date) === here ? null : pageOf(date) })
  const turn = (pages: number) => show(pages === 0 ? here : plusDays(first, pages * count))
  const fresh = (row: Pick<Row, 'site' | 'duty'> | null, { start, end }: Span) =>
    setOpen({ what: 'new', draft: draftOf({ site: row ? row.site : site || (sites.data?.length === 1 ? sites.data[0]?.id : undefined), duty: row?.duty ?? 'officer', start, end }) })
  const add = () => {
    const date = first === here ? day(serverClock.now()) : first
    if (manages) fresh(null, { start: momentAt(date, '7:00') ?? 0, end: momentAt(date, '19:00') ?? 0 })
  }
  const close = () => setOpen(null)
  useRosterKeys({ rows, onTurn: turn, onNew: add, onRemove: (shift) => void (may(shift.site) && remove(shift, t)) })
  const go = (gap: GapGroup) => {
    const [one] = gap.sites
    const key = rows.find((row) => row.duty === gap.duty && row.site === one)?.key ?? `* ${gap.duty}`
    put({ from: pageOf(day(gap.start)) === here ? null : pageOf(day(gap.start)), ...(site !== '' && one !== site ? { site: null } : {}) })
    setMarked(gap.duty === 'officer' || gap.duty === 'site_lead' ? `${one} ${gap.duty}` : key)
  }
  useEffect(() => {
    if (marked === null) return
    document.querySelector('[data-row][data-marked=true]')?.scrollIntoView({ block: 'center' })
    const timer = setTimeout(() => setMarked(null), 4000)
    return () => clearTimeout(timer)
  }, [marked, rows])
  const stale = [shifts, gaps, sites].find((one) => one.isError && one.data)
  const lost = [shifts, sites].find((one) => one.isError && !one.data)
  return (
    <>
      <div className="duty-top">
        <NowPanel mayTest={manages} />
        <GapList onGo={go} />
      </div>
      <section className="panel duty-week">
        <WeekTools first={first} span={span} daily={daily} site={site} manages={manages} here={first === here} exportPath={exportPath(span)}
          onTurn={turn} onFirst={show} onSite={(one) => put({ site: one })} onNew={add} onCopy={() => setOpen({ what: 'copy' })} onImport={() => setOpen({ what: 'import' })} />
        {stale && <StaleNote since={stale.dataUpdatedAt} onRetry={() => void stale.refetch()} />}
        {lost ? <Failed error={lost.error} what={t('roster.failed')} onRetry={() => void lost.refetch()} />
          : shifts.isPending || sites.isPending ? <Skeletons className="rows-loading padded" count={6} height={30} /> : (
            <>
              {shifts.data?.length === 0 && <p className="secondary duty-empty">{t(manages ? 'roster.emptyMay' : 'roster.empty')}</p>}
              {gaps.isError && !gaps.data && <p className="form-error" role="alert">{t('gaps.failed')}</p>}
              <WeekGrid rows={rows} days={days} may={may} marked={marked} onOpen={(shift) => setOpen({ what: 'shift', shift })} onNew={fresh} />
            </>
          )}
      </section>
      {open?.what === 'new' && <ShiftDialog shift={null} draft={open.draft} may onClose={close} />}
      {open?.what === 'shift' && <ShiftDialog shift={open.shift} draft={null} may={may(open.shift.site)} onClose={close} />}
      {open?.what === 'copy' && <CopyDialog to={first} days={count} may={may} onClose={close} />}
      {open?.what === 'import' && <ImportDialog template={exportPath(span)} onClose={close} />}
      {tested !== null && <TestDialog user={tested} onClose={() => testing.set(null)} />}
    </>
  )
}
