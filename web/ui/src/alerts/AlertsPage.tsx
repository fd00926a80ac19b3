// Triage: the live list, the chosen alert beside it, keys for both.
import { useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation, useSearch } from 'wouter'
import { connection } from '../api/connection'
import { useAlertPages } from '../api/queries'
import type { Alert } from '../api/types'
import { CircleCheck, MousePointerClick } from 'lucide-react'
import { Empty, Failed, Skeletons, StaleNote } from '../controls/states'
import { useStore } from '../preferences/store'
import { footageOf } from '../recordings/address'
import { useSearchParts } from '../shell/location'
import { usePermission, useTitle } from '../shell/shellState'
import { useShortcuts } from '../shell/shortcuts'
import { askSnooze, useMayAct } from './alertActions'
import { AlertDetail, useShown } from './AlertDetail'
import { AlertFilters } from './AlertFilters'
import { AlertRow } from './AlertRow'
import { filterOf, isFiltered } from './filterSearch'
import { groupOf, keyOf } from './grouping'
import { PickedBar } from './PickedBar'
import { liveOf } from './places'
import { QuietsDialog } from './quiet/QuietsDialog'
import { clipOpen } from './clip/ClipPlace'
import { useFocusKept, useTriage } from './useTriage'

/** The list and an alert fit side by side; the style sheet breaks at the same. */
const BESIDE = '(min-width: 1001px)'

export function AlertsPage({ id }: { id: string | null }) {
  const { t } = useTranslation()
  useTitle(t('nav.alerts'))
  const [search, setSearch] = useSearchParts()
  const query = useSearch()
  const [, navigate] = useLocation()
  const filter = useMemo(() => filterOf(search), [search])
  const pages = useAlertPages(filter)
  const lost = useStore(connection).state === 'down'
  const alerts = useMemo(() => pages.data?.pages.flatMap((page) => page.items) ?? [], [pages.data])
  const list = useRef<HTMLUListElement>(null)

  const at = alerts.findIndex((alert) => alert.id === id)
  const left = useRef(false)
  const triage = useTriage(alerts, id)
  useFocusKept(list, id, triage.rows)
  const [quiets, setQuiets] = useState(false)
  const choose = (alert: Alert | undefined, replace = id !== null) => {
    if (!alert) return
    navigate(`/alerts/${encodeURIComponent(alert.id)}${query ? `?${query}` : ''}`, { replace })
  }
  // One that a link named need not be in the list.
  const chosen = useShown(id, alerts[at]).alert
  const move = (step: 1 | -1) => choose(triage.beside(step)?.alert)
  // Beside the list there is room for one: the newest, until another is chosen.
  const first = alerts[0]
  const listed = !pages.isPending && !pages.isPlaceholderData
  useEffect(() => {
    if (id === null && first && listed && !left.current && window.matchMedia(BESIDE).matches) choose(first, true)
  }, [id, first, listed])
  // Another filter is another list: what is not in it does not stay beside it. An alert that a link named does.
  const refiltered = useRef(false)
  useEffect(() => {
    if (!refiltered.current || !listed) return
    refiltered.current = false
    if (id !== null && at < 0) navigate(`/alerts${query ? `?${query}` : ''}`, { replace: true })
  }, [listed, query, id, at, navigate])
  const may = useMayAct()
  const mayReplay = usePermission('recording.view')
  const go = (to: string | null) => to && navigate(to)
  const group = triage.current
  const enter = () => {
    if (chosen) go(liveOf(chosen))
    else if (id === null) choose(alerts[0])
  }
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    ArrowRight: () => !clipOpen.get() && group && group.size > 1 && triage.toggle(group, true),
    ArrowLeft: () => {
      if (clipOpen.get() || (!group?.open && !group?.under)) return
      triage.toggle(group, false)
      choose(alerts.find((alert) => groupOf(alert) === group.group))
    },
    Enter: enter,
    v: () => chosen && mayReplay && go(footageOf(chosen)),
    a: () => may.ack && triage.act('ack', chosen),
    r: () => may.resolve && triage.act('resolve', chosen),
    z: () => may.quiet && askSnooze(chosen),
    x: () => group && triage.pick(group),
    Escape: () => {
      if (clipOpen.get()) return
      if (triage.picked.length > 0) return triage.unpick()
      left.current = true
      navigate(`/alerts${query ? `?${query}` : ''}`)
    },
  })
  useEffect(() => {
    list.current?.querySelector('[aria-current=true]')?.scrollIntoView({ block: 'nearest' })
  }, [id])

  const rowActions = useStable({ toggle: triage.toggle, pick: triage.pick, enter })
  return (
    <div className="alerts-page" data-chosen={id !== null}>
      <AlertFilters filter={filter} search={search}
        onChange={(change) => {
          refiltered.current = true
          setSearch(change)
        }} onQuiets={() => setQuiets(true)} />
      <QuietsDialog open={quiets} onClose={() => setQuiets(false)} />
      <div className="alerts-list-place">
        {triage.picked.length > 0 && <PickedBar count={triage.picked.length} onAct={(action) => triage.act(action, chosen)} onClear={triage.unpick} />}
        {pages.isError && alerts.length > 0 && !lost && <StaleNote since={pages.dataUpdatedAt} onRetry={() => void pages.refetch()} />}
        <div className="alerts-list scrolls" data-stale={pages.isPlaceholderData || lost}
          onScroll={(event) => {
            const box = event.currentTarget
            if (box.scrollHeight - box.scrollTop - box.clientHeight < 600 && pages.hasNextPage && !pages.isFetchingNextPage) void pages.fetchNextPage()
          }}>
          {pages.isPending ? (
            <Skeletons className="alert-skeletons padded" count={8} height={74} />
          ) : pages.isError && alerts.length === 0 ? (
            <Failed fill error={pages.error} what={t('alerts.failed')} onRetry={() => void pages.refetch()} />
          ) : alerts.length === 0 ? (
            <Empty fill icon={<CircleCheck size={28} strokeWidth={1.5} />}
              title={t(isFiltered(filter) ? 'alerts.noneFiltered' : 'alerts.none')}
              text={t(isFiltered(filter) ? 'alerts.noneFilteredText' : 'alerts.noneText')} />
          ) : (
            <ul ref={list} aria-label={t('alerts.list')}>
              {triage.rows.map((row) => (
                <AlertRow key={keyOf(row)} row={row} chosen={row === group} picked={triage.isPicked(row)} fresh={triage.isFresh(row)} query={query}
                  onToggle={rowActions.toggle} onPick={rowActions.pick} onEnter={rowActions.enter} />
              ))}
              {pages.isFetchingNextPage && <li className="skeleton" style={{ height: 74 }} aria-hidden="true" />}
              {!pages.hasNextPage && <li className="alerts-end">{t('alerts.end', { count: alerts.length })}</li>}
            </ul>
          )}
        </div>
      </div>
      <div className="alert-detail-place scrolls">
        {id ? (
          <AlertDetail key={id} id={id} held={alerts[at]} backTo={`/alerts${query ? `?${query}` : ''}`} onAct={group && triage.picked.length === 0 ? (action) => triage.act(action, chosen) : undefined} />
        ) : alerts.length > 0 && (
          <Empty fill icon={<MousePointerClick size={28} strokeWidth={1.5} />} title={t('alerts.choose')} text={t('alerts.chooseText')} />
        )}
      </div>
    </div>
  )
}

/** The same functions for as long as the page stands, doing what its last drawing would: rows are not drawn anew for them. */
function useStable<T extends Record<string, (...args: never[]) => void>>(actions: T): T {
  const current = useRef(actions)
  current.current = actions
  return useState(() => Object.fromEntries(Object.keys(actions).map((name) => [name, (...args: never[]) => current.current[name]?.(...args)])) as T)[0]
}
