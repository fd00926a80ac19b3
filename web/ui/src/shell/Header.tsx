// How the whole province is, in one line: cameras, storage, sound, time, connection.
import { BellOff, VolumeX } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { muted, soundReady, unmute } from '../alerts/sound'
import { useSystem } from '../api/queries'
import { Hint } from '../controls/Hint'
import { useStore } from '../preferences/store'
import { useHeld } from '../rights/session'
import { clock, date } from '../time/format'
import { CameraSearch } from './CameraSearch'
import { Connection } from './Connection'
import { TOOLS_ID } from './shellState'
import { StorageNote } from './StorageNote'
import { useNow } from './ticking'

export function Header() {
  return (
    <header className="header">
      <div id={TOOLS_ID} className="header-tools" />
      <CameraSearch />
      <Summary />
      <Sound />
      <Connection />
      <Clock />
    </header>
  )
}

function Summary() {
  const { t } = useTranslation()
  const held = useHeld()
  const system = useSystem()
  if (!system.data) return <div className="skeleton summary-skeleton" />
  const { cameras, storage } = system.data
  return (
    <div className="summary" data-stale={system.isError} aria-label={t(held ? 'rights.summary' : 'summary.label')}>
      <span>
        <i className="mark running" /> <b>{cameras.recording}</b>
        <span className="summary-word">{t('summary.recording')}</span>
      </span>
      {cameras.online > 0 && (
        <span className="attention">
          <i className="mark ring" /> <b>{cameras.online}</b>
          <span className="summary-word">{t('summary.online')}</span>
        </span>
      )}
      {cameras.offline > 0 && (
        <span className="breach">
          <i className="mark cross" /> <b>{cameras.offline}</b>
          <span className="summary-word">{t('summary.offline')}</span>
        </span>
      )}
      <StorageNote storage={storage} />
    </div>
  )
}

function Sound() {
  const { t } = useTranslation()
  const mute = useStore(muted)
  const ready = useStore(soundReady)
  if (mute) {
    return (
      <button className="button muted-chip" onClick={unmute} aria-label={t('mute.undo')}>
        <BellOff size={15} />
        <span className="cut">{t('mute.chip', { time: clock(mute.until, false), reason: mute.reason })}</span>
      </button>
    )
  }
  if (ready) return null
  return (
    <Hint text={t('mute.blocked')}>
      <span className="sound-off" role="img" aria-label={t('mute.blocked')} tabIndex={0}>
        <VolumeX size={17} />
      </span>
    </Hint>
  )
}

function Clock() {
  const now = useNow()
  return (
    <time className="clock" dateTime={new Date(now).toISOString()} title={date(now)}>
      {clock(now)}
    </time>
  )
}
