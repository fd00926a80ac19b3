// The wall: every camera at once, what is wrong in front.
import { useEffect, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ask, useMayAct } from '../alerts/alertActions'
import { useOpenAlerts } from '../alerts/openAlerts'
import { connection } from '../api/connection'
import { useCameras, useSites } from '../api/queries'
import type { Alert } from '../api/types'
import { Empty, Failed, Skeletons, StaleNote } from '../controls/states'
import { prefer, preferences } from '../preferences/preferences'
import { useStore } from '../preferences/store'
import { toggleFull } from '../shell/fullScreen'
import { useSearchParts } from '../shell/location'
import { bare, useTitle } from '../shell/shellState'
import { useShortcuts, type Shortcuts } from '../shell/shortcuts'
import { AlertColumn } from './AlertColumn'
import { choiceOf, groupsOf, searchOf, type WallChoice } from './choice'
import { WallFeed } from './feed'
import { firstToTake, gravestByCamera } from './gravest'
import { layouts } from './savedLayouts'
import { Spotlight } from './Spotlight'
import { useCycle } from './useCycle'
import { WallGrid } from './WallGrid'
import { WallTools } from './WallTools'

export function WallPage() {
  const { t } = useTranslation()
  useTitle(t('nav.wall'))
  const cameras = useCameras()
  const sites = useSites()
  const open = useOpenAlerts()
  const remembered = useStore(preferences)
  const lost = useStore(connection).state === 'down'
  const isBare = useStore(bare)
  const may = useMayAct()
  const [search, setSearch] = useSearchParts()
  const [feed, setFeed] = useState<WallFeed | null>(null)

  useEffect(() => {
    const made = new WallFeed(1)
    setFeed(made)
    return () => made.close()
  }, [])

  const choice = useMemo(() => choiceOf(search, remembered), [search, remembered])
  const change = (part: Partial<WallChoice>) => {
    const next = { ...choice, ...part }
    setSearch(searchOf(next))
    prefer({ density: next.density, grouping: next.grouping })
  }
  const gravest = useMemo(() => gravestByCamera(open.alerts), [open.alerts])
  const first = useMemo(() => firstToTake(open.waiting), [open.waiting])
  const alerting = useMemo(() => new Set(gravest.keys()), [gravest])
  const wanted = useMemo(
    () => groupsOf(cameras.data ?? [], sites.data ?? [], choice, alerting), [cameras.data, sites.data, choice, alerting])
  const cycle = useCycle(choice.cycle, wanted)
  const groups = cycle.group ? [cycle.group] : wanted

  const keys: Shortcuts = {
    f: toggleFull,
    c: () => change({ cycle: !choice.cycle }),
    s: () => change({ spotlight: !choice.spotlight }),
    a: () => may.ack && ask(focusedAlert([...open.waiting, ...open.over]) ?? first, 'ack'),
  }
  layouts.get().forEach((layout, index) => {
    if (layout) keys[String(index + 1)] = () => change(layout.choice)
  })
  useShortcuts(keys)

  const spotlit = choice.spotlight ? open.waiting[0] : undefined
  return (
    <div className="wall" data-lost={lost} data-column={remembered.alertColumn} data-spotlight={spotlit !== undefined}>
      <WallTools choice={choice} onChange={change} sites={sites.data ?? []} cameras={cameras.data ?? []}
        cycle={cycle} alertCount={alerting.size} />
      {choice.cycle && cycle.group && <div key={cycle.group.id} className="cycle-bar" />}
      {cameras.isError && cameras.data && !lost && <StaleNote since={cameras.dataUpdatedAt} onRetry={() => void cameras.refetch()} />}
      <div className="wall-body">
        {spotlit && <Spotlight alert={spotlit} keyed={spotlit === first} />}
        {cameras.data ? (
          groups.length > 0 ? (
            <WallGrid groups={groups} sites={sites.data ?? []} grouping={choice.grouping} density={choice.density}
              alerts={gravest} feed={feed} />
          ) : (
            <Nothing choice={choice} onReset={() => change({ site: null, placement: null, alertsOnly: false })} />
          )
        ) : cameras.isError ? (
          <Failed fill error={cameras.error} what={t('wall.failed')} onRetry={() => void cameras.refetch()} />
        ) : (
          <Skeletons className="wall-skeleton" count={40} height={110} />
        )}
        {remembered.alertColumn && !(isBare && open.alerts.length === 0) && <AlertColumn open={open} first={first} />}
      </div>
    </div>
  )
}

function Nothing({ choice, onReset }: { choice: WallChoice; onReset: () => void }) {
  const { t } = useTranslation()
  const filtered = choice.site !== null || choice.placement !== null || choice.alertsOnly
  return (
    <Empty fill title={t(choice.alertsOnly ? 'wall.noAlerts' : 'wall.empty')}
      text={t(choice.alertsOnly ? 'wall.noAlertsText' : filtered ? 'wall.emptyFiltered' : 'wall.emptyText')}
      action={filtered && <button className="button" onClick={onReset}>{t('wall.showAll')}</button>} />
  )
}

function focusedAlert(alerts: readonly Alert[]): Alert | undefined {
  const id = document.activeElement?.closest<HTMLElement>('[data-alert-id]')?.dataset.alertId
  return alerts.find((alert) => alert.id === id)
}
