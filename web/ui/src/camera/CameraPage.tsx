// One camera: live picture, how it does, its last hours, its alerts.
import { ArrowLeft, ArrowRight, Camera as CameraIcon, Expand, Lock, PencilRuler, Square, SquareDashed } from 'lucide-react'
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link, useLocation } from 'wouter'
import { shortSite } from '../alerts/places'
import { Maintenance } from '../alerts/quiet/Maintenance'
import { connection } from '../api/connection'
import { useCamera, useCameras, useSites } from '../api/queries'
import type { Analysis, CameraDetail } from '../api/types'
import { Hint } from '../controls/Hint'
import { Failed, StaleNote } from '../controls/states'
import { tell } from '../controls/toasts'
import { word } from '../i18n'
import { initialStatus, type LivePlayer } from '../live/player'
import { prefer, preferences, writeJson } from '../preferences/preferences'
import { useStore } from '../preferences/store'
import { useWhose } from '../rights/NotYours'
import { holdersOf } from '../rights/permissions'
import { askRoom } from '../rooms/asking'
import { isClosed, isRoom, known as openingsKnown, useIsClosed } from '../rooms/openings'
import { RoomBar } from '../rooms/RoomBar'
import { toggleFull } from '../shell/fullScreen'
import { PageTools } from '../shell/PageTools'
import { LAST_CAMERA, usePermission, useTitle } from '../shell/shellState'
import { useShortcuts } from '../shell/shortcuts'
import { StateMark } from '../wall/StateMark'
import { Figures } from './Figures'
import { History } from './History'
import { LiveView, type Seen } from './LiveView'
import { RecentAlerts } from './RecentAlerts'
import { saveSnapshot } from './snapshot'

/** Fetched when zones are first edited: who only watches does not wait for it. */
const Editing = lazy(async () => ({ default: (await import('./editor/Editing')).Editing }))

/** The part of the page's address under which zones and rules are edited. */
const ZONES = 'zones'

export function CameraPage({ id, part }: { id: string; part?: string | undefined }) {
  const { t } = useTranslation()
  const camera = useCamera(id)
  const lost = useStore(connection).state === 'down'
  useTitle(camera.data?.name ?? t('nav.camera'))
  useEffect(() => {
    if (camera.data) writeJson(LAST_CAMERA, id)
  }, [camera.data, id])

  if (camera.data) {
    return (
      <>
        {camera.isError && !lost && <StaleNote since={camera.dataUpdatedAt} onRetry={() => void camera.refetch()} />}
        <Loaded camera={camera.data} part={part} />
      </>
    )
  }
  if (camera.isError) return <Failed fill error={camera.error} what={t('camera.failed')} onRetry={() => void camera.refetch()}
      action={<Link className="button" href="/wall">{t('error.home')}</Link>} />
  return (
    <div className="camera-page">
      <div className="camera-main">
        <div className="stage"><div className="stage-slate skeleton" role="status" aria-label={t('state.loading')} /></div>
      </div>
    </div>
  )
}

function Loaded({ camera, part }: { camera: CameraDetail; part: string | undefined }) {
  const { t } = useTranslation()
  const [, navigate] = useLocation()
  const sites = useSites()
  const { profile: wanted, showZones, showPersons } = useStore(preferences)
  const player = useRef<LivePlayer | null>(null)
  const [status, setStatus] = useState(initialStatus)
  const [seen, setSeen] = useState<Seen | null>(null)
  const { previous, next } = useNeighbours(camera)
  // What is covered comes as the sub stream alone, whatever is asked for.
  const masked = camera.masked === true
  const profile = masked ? 'sub' : camera.streams.includes(wanted) ? wanted : camera.streams.includes('main') ? 'main' : 'sub'
  const site = sites.data?.find((one) => one.id === camera.site)
  const closed = useIsClosed()(camera)
  const mayEdit = usePermission('camera.configure')
  const whose = useWhose('camera.configure')
  const editing = part === ZONES && mayEdit
  const [over, setOver] = useState<HTMLElement | null>(null)
  const [below, setBelow] = useState<HTMLElement | null>(null)
  const [draft, setDraft] = useState<Analysis | null>(null)
  useAskedFirst(camera.id, editing, closed)

  const snapshot = () => {
    if (closed) return
    void saveSnapshot(camera, player.current).catch(() => isClosed(camera) || tell(t('camera.snapshotFailed'), 'breach'))
  }
  useShortcuts({
    '[': () => previous && navigate(`/cameras/${previous}`),
    ']': () => next && navigate(`/cameras/${next}`),
    z: () => prefer({ showZones: !showZones }),
    b: () => prefer({ showPersons: !showPersons }),
    s: snapshot,
    e: () => mayEdit && !editing && navigate(`/cameras/${camera.id}/${ZONES}`),
    // Without the panel nothing could be saved.
    f: () => !editing && toggleFull(),
  })
  return (
    <div className="camera-page scrolls" data-editing={editing}>
      <PageTools>
        <Link className="button quiet icon phone-only" href="/wall" aria-label={t('action.back')}><ArrowLeft size={20} /></Link>
        <h1 className="cut">
          <StateMark state={camera.state} /> {camera.name}
          <small className="secondary cut phone-only">{shortSite(site?.name ?? camera.site)}</small>
        </h1>
        <span className="secondary cut desk-only">
          <Link href={`/wall?site=${camera.site}`}>{shortSite(site?.name ?? camera.site)}</Link> · {word('placement', camera.placement)}
        </span>
        <span className="neighbours desk-only">
          <Hint text={<>{t('camera.previous')} <kbd>[</kbd></>}>
            <button className="button quiet icon" disabled={!previous} aria-label={t('camera.previous')} onClick={() => previous && navigate(`/cameras/${previous}`)}>
              <ArrowLeft size={16} />
            </button>
          </Hint>
          <Hint text={<>{t('camera.next')} <kbd>]</kbd></>}>
            <button className="button quiet icon" disabled={!next} aria-label={t('camera.next')} onClick={() => next && navigate(`/cameras/${next}`)}>
              <ArrowRight size={16} />
            </button>
          </Hint>
        </span>
      </PageTools>
      <div className="camera-main">
        {part === ZONES && !mayEdit && <p className="editor-note attention" role="alert"><Lock size={15} /> {whose}.</p>}
        <RoomBar camera={camera.id} room={isRoom(camera)} from={editing ? 'zones' : 'room'} />
        <LiveView camera={camera} profile={profile} showZones={showZones} showPersons={showPersons} onStatus={setStatus} onSeen={setSeen} playerRef={player}
          editing={editing ? { draft, over: setOver } : null} />
        {editing && <div ref={setBelow} className="editor-below" />}
        {closed && !editing && mayEdit && <div className="camera-tools"><EditLink camera={camera.id} /></div>}
        {!closed && !editing && (
          <div className="camera-tools" role="toolbar" aria-label={t('camera.tools')}>
            <span className="segmented" role="group" aria-label={t('camera.profile')} title={masked ? t('masks.streams') : undefined}>
              {(['main', 'sub'] as const).map((one) => (
                <button key={one} aria-pressed={profile === one} disabled={masked || !camera.streams.includes(one)} onClick={() => prefer({ profile: one })}>
                  {t(`camera.${one}`)}
                </button>
              ))}
            </span>
            <button className="button" aria-pressed={showZones} aria-label={t('camera.zones')} onClick={() => prefer({ showZones: !showZones })}>
              <SquareDashed size={15} /> <span className="desk-only">{t('camera.zones')}</span> <kbd>Z</kbd>
            </button>
            <Hint text={<BoxesKey />}>
              <button className="button" aria-pressed={showPersons} aria-label={t('camera.boxes')} onClick={() => prefer({ showPersons: !showPersons })}>
                <Square size={15} /> <span className="desk-only">{t('camera.boxes')}</span> <kbd>B</kbd>
              </button>
            </Hint>
            {mayEdit && <EditLink camera={camera.id} />}
            <button className="button tools-end" aria-label={t('camera.snapshot')} onClick={snapshot}>
              <CameraIcon size={15} /> <span className="desk-only">{t('camera.snapshot')}</span> <kbd>S</kbd>
            </button>
            <button className="button icon desk-only" aria-label={t('keys.full')} title={t('keys.full')} onClick={toggleFull}>
              <Expand size={15} />
            </button>
          </div>
        )}
        {/* A finger finds no hint. */}
        {showPersons && !closed && !editing && <p className="boxes-key secondary phone-only"><BoxesKey /></p>}
        {masked && !closed && !editing && <p className="boxes-key secondary phone-only">{t('masks.coveredTitle', { who: holdersOf('mask.lift') })} {t('masks.streams')}</p>}
        <History camera={camera} />
      </div>
      {editing ? (
        <Suspense fallback={<aside className="editor-panel"><div className="skeleton editor-loading" role="status" aria-label={t('state.loading')} /></aside>}>
          <Editing camera={camera} over={over} below={below} onDraft={setDraft} onDone={() => navigate(`/cameras/${camera.id}`)} />
        </Suspense>
      ) : (
        <aside className="camera-side">
          <Figures camera={camera} status={status} profile={profile} seen={seen} />
          <Maintenance camera={camera} />
          <RecentAlerts camera={camera.id} />
        </aside>
      )}
    </div>
  )
}

/** Zones of a room are drawn on its picture: the opening comes first. Who goes on without it can still set rules. */
function useAskedFirst(camera: string, editing: boolean, closed: boolean): void {
  const may = usePermission('room.open')
  const known = useStore(openingsKnown)
  useEffect(() => {
    if (editing && closed && may && known) askRoom(camera, 'zones')
    // Once on the way in: not again when its time is over.
  }, [camera, editing, may, known])
}

/** What the boxes over the picture say. */
function BoxesKey() {
  const { t } = useTranslation()
  return <>{t('camera.boxesFigures')}<br />{t('camera.boxesBreach')}<br />{t('camera.boxesGuess')}</>
}

function EditLink({ camera }: { camera: string }) {
  const { t } = useTranslation()
  return (
    <Link className="button" href={`/cameras/${camera}/${ZONES}`}>
      <PencilRuler size={15} /> <span>{t('editor.open')}</span> <kbd>E</kbd>
    </Link>
  )
}

/** The cameras before and after this one: those of its site first, in the order of the wall. */
function useNeighbours(camera: CameraDetail): { previous: string | null; next: string | null } {
  const cameras = useCameras()
  return useMemo(() => {
    const list = cameras.data ?? []
    const at = list.findIndex((one) => one.id === camera.id)
    return { previous: list[at - 1]?.id ?? null, next: at >= 0 ? (list[at + 1]?.id ?? null) : null }
  }, [cameras.data, camera.id])
}
