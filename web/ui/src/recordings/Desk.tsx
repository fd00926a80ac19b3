// The recordings at work: pictures in step, the timeline beneath, the buttons, and the keys for all of it.
import { Lock, Plus } from 'lucide-react'
import { useEffect, useMemo, useRef, useState, useSyncExternalStore, type MouseEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'wouter'
import { connection } from '../api/connection'
import { Hint } from '../controls/Hint'
import { Menu, MenuChoices } from '../controls/Menu'
import { StaleNote } from '../controls/states'
import { tell } from '../controls/toasts'
import { useStore } from '../preferences/store'
import { PageTools } from '../shell/PageTools'
import { PHONE } from '../shell/phone'
import { usePermission } from '../shell/shellState'
import { moment } from '../time/format'
import { serverClock } from '../time/serverClock'
import { LAYOUTS, MOST_CAMERAS, placeOf, type Layout } from './address'
import { CameraPicker } from './CameraPicker'
import { HoldDialog } from './HoldDialog'
import { HoldsList } from './HoldsList'
import { JumpTo } from './JumpTo'
import { useKnown } from './known'
import { Picture } from './Picture'
import type { Playback } from './player/playback'
import { preferred, preferSkipping } from './preferred'
import { countOf, useCoverages, useHolds } from './queries'
import { DayStrip } from './timeline/DayStrip'
import { Legend } from './timeline/Legend'
import type { Marked } from './timeline/Marks'
import { around, HOUR, rangeFor, spanOf, type View } from './timeline/scale'
import { labelsOf, type TimelineCamera } from './timeline/camera'
import { Timeline } from './timeline/Timeline'
import { Zoom } from './timeline/Zoom'
import { Transport } from './Transport'
import { useAddress } from './useAddress'
import { useDeskKeys } from './useDeskKeys'
import { useFollowingView, useKnownRange, useSettledAt } from './useFollow'
import { visibleOf } from './visible'

export function Desk({ playback }: { playback: Playback }) {
  const { t } = useTranslation()
  const [, navigate] = useLocation()
  const [initial] = useState(() => placeOf(new URLSearchParams(location.search)))
  const [ids, setIds] = useState(initial.cameras)
  const [layout, setLayout] = useState<Layout | null>(initial.layout)
  const [marks, setMarks] = useState<Marked>({ from: initial.from, to: initial.to })
  const [view, setView] = useState<View>(() => initialView(playback, initial))
  const [active, setActive] = useState<string | null>(initial.cameras[0] ?? null)
  const [dialog, setDialog] = useState<'pick' | 'hold' | 'holds' | null>(null)
  const [swapping, setSwapping] = useState<string | null>(null)
  const [jumping, setJumping] = useState(false)
  const known = useKnown()
  const phone = useMedia(PHONE)
  const low = useMedia('(max-height: 820px)')
  const mayHold = usePermission('recording.hold')
  const lost = useStore(connection).state === 'down'
  const { speed } = useStore(playback.state)
  const at = useSettledAt(playback)

  const tellAhead = (wanted: number | null) => {
    if (wanted !== null && wanted > serverClock.now()) tell(t('seek.ahead', { time: moment(wanted) }), 'breach')
  }
  useEffect(() => tellAhead(initial.at), [])
  useAddress(() => ({ cameras: ids, at: Math.round(playback.state.get().playing ? at : playback.position()), ...marks, speed, layout, play: false }),
    [ids, marks, speed, layout, at], (place) => {
      if (place.cameras.length === 0) return
      setIds(place.cameras)
      setMarks({ from: place.from, to: place.to })
      setLayout(place.layout)
      playback.setSpeed(place.speed)
      tellAhead(place.at)
      if (place.at !== null) jump(place.at)
      if (place.play) playback.play()
    })
  const cameras = useMemo(() => {
    const found = ids.map((id) => ({ id, name: id, site: '', closed: false, removed: false, ...known(id) }))
    const labels = labelsOf(found)
    return found.map((one): TimelineCamera => ({ ...one, label: labels.get(one.id) ?? one.name }))
  }, [ids, known])
  const chosen = active !== null && ids.includes(active) ? active : (ids[0] ?? null)
  const visible = visibleOf(ids, phone ? 1 : layout, chosen)

  const around3h = useKnownRange(playback)
  const near = useCoverages(ids, around3h)
  const shownIds = phone && chosen ? [chosen] : ids
  const rows = useCoverages(shownIds, useStable(rangeFor(view)))
  useEffect(() => ids.forEach((id, index) => playback.cover(id, near[index]?.coverage)), [playback, ids, near])
  useFollowingView(playback, view, setView)
  const held = countOf(useHolds(false).data)

  const jump = (to: number, span = spanOf(view)) => {
    playback.seek(to)
    if (to < view.start || to > view.end || span !== spanOf(view)) setView(around(to, span, serverClock.now()))
  }
  const change = (next: string[]) => {
    if (next.length === 0) navigate('/recordings')
    else setIds(next)
  }
  const untell = useRef<() => void>(undefined)
  useEffect(() => {
    if (marks.from !== null && marks.to !== null) untell.current?.()
  }, [marks])
  const solo = visible.length === 1 && ids.length > 1
  const hold = () => {
    if (!mayHold) return
    if (marks.from === null || marks.to === null) untell.current = tell(t('hold.marksFirst'), 'breach')
    else setDialog('hold')
  }
  const actions = useDeskKeys({ playback, view, setView, marks, setMarks, jump, hold, chosen, alerts: near[ids.indexOf(chosen ?? '')]?.coverage?.alerts ?? [],
    pick: () => setDialog('pick'), goTo: () => setJumping(true), setLayout })
  const stale = rows.find((row) => row.error && row.coverage)

  return (
    <div className="desk" data-count={visible.length} data-lost={lost}>
      <PageTools>
        <div className="desk-tools" onMouseDown={leaveFocus}>
        <h1 className="desk-only">{t('nav.recordings')}</h1>
        <JumpTo playback={playback} open={jumping} onOpen={setJumping} onJump={(to) => jump(to, Math.min(spanOf(view), 2 * HOUR))} />
        {ids.length > 1 && !phone && (
          <span className="segmented" role="group" aria-label={t('rec.layout')}>
            {LAYOUTS.filter((one) => one === 1 || one <= ids.length || (one === 4 && ids.length > 2)).map((one) => (
              <button key={one} aria-pressed={(one === 4 && visible.length > 2) || visible.length === one} aria-label={t('rec.layoutOf', { count: one })} onClick={() => setLayout(one)}>{one}</button>
            ))}
          </span>
        )}
        <Hint text={<>{t('rec.addCamera')} <kbd>C</kbd></>}>
          <button className="button" aria-label={t('rec.addCamera')} onClick={() => setDialog('pick')}><Plus size={15} /> <span className="desk-wide">{t('rec.addCamera')}</span></button>
        </Hint>
        <Hint text={t('hold.list')}>
          <button className="button" aria-label={t('hold.list')} onClick={() => setDialog('holds')}><Lock size={14} /> <span className="desk-wide">{t('hold.short')}</span>{held && <b>{held}</b>}</button>
        </Hint>
        </div>
      </PageTools>
      {stale && !lost && <StaleNote since={stale.coverage?.end ?? 0} onRetry={stale.retry} />}
      {phone && ids.length > 1 && (
        <div className="desk-tabs" role="tablist">
          {cameras.map((camera) => <button key={camera.id} role="tab" className="desk-tab cut" aria-selected={camera.id === chosen} onClick={() => setActive(camera.id)}>{camera.label}</button>)}
        </div>
      )}
      <div className="pictures" data-count={visible.length}>
        {cameras.filter((camera) => visible.includes(camera.id)).map((camera) => (
          <Picture key={camera.id} camera={camera} playback={playback} active={camera.id === chosen && visible.length > 1}
            unknown={known(camera.id) === null} pending={known(camera.id) === undefined} onJump={jump}
            solo={solo} first={ids[0] === camera.id} last={ids.at(-1) === camera.id}
            onActive={() => setActive(camera.id)} onRemove={() => change(ids.filter((one) => one !== camera.id))}
            onSwap={() => setSwapping(camera.id)} onMove={(step) => setIds(moved(ids, camera.id, step))}
            onSolo={phone || ids.length === 1 ? null : () => {
              setActive(camera.id)
              setLayout(solo ? null : 1)
            }} />
        ))}
      </div>
      <div className="desk-timeline" onMouseDown={leaveFocus}>
        <Timeline cameras={phone ? cameras.filter((one) => one.id === chosen) : cameras} rows={rows} active={chosen} onActive={setActive}
          playback={playback} view={view} onView={setView} marks={marks} onMarks={setMarks} rowHeight={phone ? 44 : low ? 25 : 31} />
        <div className="desk-scale">
          <DayStrip cameras={shownIds} view={view} onView={setView} playback={playback} />
          <Legend />
          <Zoom view={view} onView={setView} playback={playback} />
          <Skipping />
        </div>
      </div>
      <Transport playback={playback} marks={marks} mayHold={mayHold} actions={{ ...actions, hold }} />
      <CameraPicker open={dialog === 'pick' || swapping !== null} swapping={swapping} chosen={ids} onChange={change}
        onClose={() => {
          setSwapping(null)
          setDialog(null)
        }} />
      <HoldDialog span={dialog === 'hold' && marks.from !== null && marks.to !== null ? { from: marks.from, to: marks.to } : null} cameras={cameras}
        onClose={() => setDialog(null)} onMade={() => setDialog(null)} />
      <HoldsList open={dialog === 'holds'} onClose={() => setDialog(null)} mayRelease={mayHold} onShow={(one) => {
        const [from, to] = [Date.parse(one.start), Date.parse(one.end)]
        setDialog(null)
        setIds(one.cameras.slice(0, MOST_CAMERAS))
        setMarks({ from, to })
        playback.seek(from)
        setView(around((from + to) / 2, (to - from) * 1.6, serverClock.now()))
      }} />
    </div>
  )
}

/** What is pressed by mouse does not take the focus: Space stays play and pause. */
const leaveFocus = (event: MouseEvent) => event.preventDefault()

function Skipping() {
  const { t } = useTranslation()
  const { skipGaps } = useStore(preferred)
  return (
    <Menu align="end" trigger={<button className="button quiet desk-only rec-skip">{t(skipGaps ? 'rec.skips' : 'rec.stays')}</button>}>
      <MenuChoices label={t('rec.inGaps')} value={skipGaps ? 'skip' : 'stay'} onChoose={(value) => preferSkipping(value === 'skip')}
        choices={[{ value: 'skip', label: t('rec.skipGaps') }, { value: 'stay', label: t('rec.playGaps') }]} />
    </Menu>
  )
}

function initialView(playback: Playback, { from, to }: Marked): View {
  const at = playback.position()
  const now = serverClock.now()
  // Marks in the address are what its sender wanted to be seen.
  if (from !== null && to !== null) return around((from + to) / 2, Math.max((to - from) * 1.6, HOUR / 2), now)
  return around(at, 2 * HOUR, now)
}

function moved(ids: readonly string[], id: string, step: 1 | -1): string[] {
  const at = ids.indexOf(id)
  const next = [...ids]
  const [other, own] = [next[at + step], next[at]]
  if (other === undefined || own === undefined) return next
  next[at] = other
  next[at + step] = own
  return next
}

function useStable<T extends { start: number; end: number }>(range: T): T {
  return useMemo(() => range, [range.start, range.end])
}

function useMedia(media: string): boolean {
  return useSyncExternalStore((changed) => {
    const list = window.matchMedia(media)
    list.addEventListener('change', changed)
    return () => list.removeEventListener('change', changed)
  }, () => window.matchMedia(media).matches)
}
