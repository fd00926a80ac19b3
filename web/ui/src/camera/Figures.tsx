// How the camera does, in figures: stream, analysis, and what reaches this browser.
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import type { CameraDetail } from '../api/types'
import { word } from '../i18n'
import { codecName } from '../live/transport'
import type { LiveStatus } from '../live/player'
import { bitrate, moment, number, span } from '../time/format'
import { serverClock } from '../time/serverClock'
import { useIsClosed } from '../rooms/openings'
import { isUnanalysed } from '../wall/Tile'
import { StateMark } from '../wall/StateMark'
import type { Seen } from './LiveView'

export function Figures({ camera, status, profile, seen }: { camera: CameraDetail; status: LiveStatus; profile: string; seen: Seen | null }) {
  const { t } = useTranslation()
  const unknown = '–'
  const rate = (value: number | null) => (value === null ? unknown : t('figure.perSecond', { value: number(value, 1) }))
  const closed = useIsClosed()(camera)
  const playing = !closed && status.phase === 'playing'
  const rows: [string, React.ReactNode][] = [
    [t('figure.state'), <><StateMark state={camera.state} /> {isUnanalysed(camera) ? t('tile.unanalysed') : word('cameraState', camera.state)}</>],
    ...(camera.reason ? [[t('figure.reason'), word('reason', camera.reason)] as [string, string]] : []),
    [t('figure.since'), camera.since ? `${moment(camera.since, false)} (${span(serverClock.now() - Date.parse(camera.since))})` : unknown],
    [t('figure.resolution'), camera.width && camera.height ? `${camera.width}×${camera.height}` : unknown],
    [t('figure.codec'), camera.codec ? codecName(camera.codec) : unknown],
    [t('figure.fps'), camera.fps === null ? unknown : number(camera.fps, 1)],
    [t('figure.bitrate'), camera.bitrate === null ? unknown : bitrate(camera.bitrate)],
    ...counted(camera, seen, t),
    [t('figure.sampled'), rate(camera.sampled_fps)],
    [t('figure.wanted'), rate(camera.wanted_fps ?? null)],
    [t('figure.inferred'), rate(camera.inferred_fps)],
    [t('figure.model'), camera.model ?? unknown],
    [t('figure.clock'), camera.clock_offset_s === null ? unknown : t('figure.seconds', { value: number(camera.clock_offset_s, 2) })],
  ]
  const live: [string, React.ReactNode][] = [
    [t('figure.transport'), status.transport ? `${t(`transport.${status.transport}`)} · ${t(`camera.${profile}`)}` : unknown],
    [t('figure.lag'), playing && status.lagMs !== null ? <b className={status.lagMs > 1500 ? 'attention' : ''}>{lag(status.lagMs, t)}</b> : unknown],
  ]
  return (
    <section className="panel">
      <h2>{t('figure.title')}</h2>
      <dl className="figures">
        {[...rows, ...(closed ? [] : live)].map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

/**
 * Persons in the picture and in each zone: of the very picture beside it where that is known, else of the last report.
 * A report comes every few seconds: its uncertainty belongs to its own number only.
 */
function counted(camera: CameraDetail, seen: Seen | null, t: TFunction): [string, string][] {
  if (camera.person_count === null) return []
  const estimate = (reported: number, sigma: number | null | undefined, now = reported) =>
    (sigma && now === reported ? `${now} ± ${number(sigma, 1)}` : String(now))
  const zones = camera.zones.flatMap((zone): [string, string][] => {
    const count = camera.zone_counts?.[zone.id]
    return count === undefined ? [] : [[t('figure.inZone', { zone: zone.name ?? zone.id }), estimate(count, camera.zone_sigmas?.[zone.id], seen?.zones[zone.id])]]
  })
  return [[t('figure.persons'), estimate(camera.person_count, camera.person_sigma, seen?.persons)], ...zones]
}

function lag(ms: number, t: TFunction): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  return t('figure.seconds', { value: number(ms / 1000, 1) })
}
