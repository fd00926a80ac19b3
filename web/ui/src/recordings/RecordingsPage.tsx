// Recordings: what the address asks for is opened; without cameras, ways to choose some.
import { Film, History, Search } from 'lucide-react'
import { useEffect, useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation, useSearch } from 'wouter'
import { shortSite } from '../alerts/places'
import { useCameras, useSites, useSystem } from '../api/queries'
import type { RemovedCamera } from '../api/types'
import { Failed } from '../controls/states'
import { readJson, writeJson } from '../preferences/preferences'
import { NotYours } from '../rights/NotYours'
import { PageTools } from '../shell/PageTools'
import { serverClock } from '../time/serverClock'
import { usePermission, useTitle } from '../shell/shellState'
import { useShortcuts } from '../shell/shortcuts'
import { placeOf, recordingsAt } from './address'
import { CameraPicker, siteCameras } from './CameraPicker'
import { Desk } from './Desk'
import { useKnown, useRemoved } from './known'
import { Playback } from './player/playback'
import { preferred } from './preferred'
import { findFootage } from './queries'
import { useLabels } from './useLabels'

const RECENT = 'vms.recordings.recent'
const RECENTS = 4
/** Opened without a moment: what just happened. */
const JUST_NOW_MS = 5 * 60_000

export function RecordingsPage() {
  const { t } = useTranslation()
  useTitle(t('nav.recordings'))
  const may = usePermission('recording.view')
  const search = useSearch()
  const chosen = useMemo(() => placeOf(new URLSearchParams(search)).cameras, [search])
  if (!may) return <NotYours permission="recording.view" title={t('nav.recordings')} />
  return chosen.length > 0 ? <Opened cameras={chosen} /> : <Start />
}

function Opened({ cameras }: { cameras: string[] }) {
  const search = useSearch()
  const [playback, setPlayback] = useState<Playback | null>(null)
  const [place] = useState(() => placeOf(new URLSearchParams(search)))
  // The first answer tells what time it is at the server.
  const waiting = useSystem().isPending && place.at === null
  useEffect(() => {
    if (waiting) return undefined
    let made: Playback | null = null
    let left = false
    const open = (at: number) => {
      if (left) return
      made = new Playback({
        at,
        speed: place.speed,
        skipGaps: () => preferred.get().skipGaps,
        findNext: (from) => findFootage(placeOf(new URLSearchParams(location.search)).cameras, from),
      })
      if (place.play) made.play()
      setPlayback(made)
    }
    if (place.at !== null) open(place.at)
    else void justNow(place.cameras).then(open)
    return () => {
      left = true
      made?.close()
    }
    // Later changes of the address are taken over by the desk.
  }, [waiting])
  const key = cameras.join()
  useEffect(() => {
    const list = key.split(',')
    const before = readJson<string[][]>(RECENT, [])
    writeJson(RECENT, [list, ...before.filter((one) => one.join() !== key)].slice(0, RECENTS))
  }, [key])
  return playback && <Desk playback={playback} />
}

/** Some minutes ago, or what came first since: a camera that was just added has nothing of before. */
async function justNow(cameras: readonly string[]): Promise<number> {
  const at = serverClock.now() - JUST_NOW_MS
  return (await findFootage(cameras, at).catch(() => null)) ?? at
}

/** Cameras that are all removed have nothing of just now: the end of what they recorded is shown; null for others. */
function lastOf(removed: readonly RemovedCamera[], ids: readonly string[]): number | null {
  const ends = ids.map((id) => Date.parse(removed.find((one) => one.id === id)?.last_at ?? ''))
  return ends.every((at) => at > 0) ? Math.floor((Math.max(...ends) - JUST_NOW_MS) / 1000) * 1000 : null
}

function Start() {
  const { t } = useTranslation()
  const [, navigate] = useLocation()
  const cameras = useCameras()
  const sites = useSites()
  const labels = useLabels()
  const [picking, setPicking] = useState(false)
  const [picked, setPicked] = useState<string[]>([])
  useShortcuts({ c: () => setPicking(true) })
  const known = useKnown()
  const removed = useRemoved().data
  const recents = readJson<string[][]>(RECENT, []).map((one) => one.filter(known)).filter((one) => one.length > 0)
  const open = (ids: readonly string[]) => ids.length > 0 && navigate(recordingsAt(ids, lastOf(removed ?? [], ids)))
  if (cameras.isError && !cameras.data) return <Failed fill error={cameras.error} what={t('wall.failed')} onRetry={() => void cameras.refetch()} />
  return (
    <div className="rec-start scrolls">
      <PageTools><h1>{t('nav.recordings')}</h1></PageTools>
      <div className="rec-start-box">
        <Film size={30} strokeWidth={1.5} />
        <h2>{t('rec.start')}</h2>
        <p className="secondary">{t('rec.startText')}</p>
        <button className="button primary" onClick={() => setPicking(true)}><Search size={15} /> {t('rec.choose')} <kbd>C</kbd></button>
        {recents.length > 0 && (
          <section>
            <h3>{t('rec.recent')}</h3>
            <div className="rec-start-list">
              {recents.map((one) => (
                <button key={one.join()} className="button" onClick={() => open(one)}>
                  <History size={14} /> <span className="cut">{labels(one).join(', ')}</span>
                </button>
              ))}
            </div>
          </section>
        )}
        {(sites.data?.length ?? 0) > 0 && (
          <section>
            <h3>{t('rec.bySite')}</h3>
            <div className="rec-start-sites">
              {sites.data?.map((site) => (
                <button key={site.id} className="button" onClick={() => open(siteCameras(cameras.data ?? [], site.id))}>{shortSite(site.name)}</button>
              ))}
            </div>
          </section>
        )}
      </div>
      <CameraPicker open={picking} swapping={null} chosen={picked} onChange={setPicked}
        onClose={() => {
          setPicking(false)
          open(picked)
        }} />
    </div>
  )
}
