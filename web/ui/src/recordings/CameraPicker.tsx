// Choosing cameras by site and name: several at once up to what fits, one in place of another, or a whole site.
import { Check, Search } from 'lucide-react'
import { useMemo, useState, type KeyboardEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { shortSite } from '../alerts/places'
import { useCameras, useSites } from '../api/queries'
import type { Camera } from '../api/types'
import { Dialog } from '../controls/Dialog'
import { Empty, Failed, Skeletons } from '../controls/states'
import { word } from '../i18n'
import { isRoom, useIsClosed } from '../rooms/openings'
import { plain } from '../shell/plainText'
import { StateMark } from '../wall/StateMark'
import { date } from '../time/format'
import { MOST_CAMERAS } from './address'
import { placeName, useKnown, useRemoved } from './known'

interface Props {
  open: boolean
  /** The one to be replaced; null: cameras are added and taken away. */
  swapping: string | null
  chosen: readonly string[]
  onChange: (cameras: string[]) => void
  onClose: () => void
}

export function CameraPicker({ open, swapping, chosen, onChange, onClose }: Props) {
  const { t } = useTranslation()
  const [text, setText] = useState('')
  const close = () => {
    setText('')
    onClose()
  }
  const pick = (id: string) => {
    if (swapping !== null) {
      onChange(chosen.includes(id) ? chosen.map((one) => (one === id ? swapping : one === swapping ? id : one)) : chosen.map((one) => (one === swapping ? id : one)))
      close()
    } else if (chosen.includes(id)) onChange(chosen.filter((one) => one !== id))
    else if (chosen.length < MOST_CAMERAS) onChange([...chosen, id])
  }
  return (
    <Dialog open={open} onClose={close} wide title={t(swapping === null ? 'pick.title' : 'pick.swapTitle')}
      {...(swapping === null ? { description: t(chosen.length < MOST_CAMERAS ? 'pick.count' : 'pick.full', { count: chosen.length, most: MOST_CAMERAS }) } : {})}>
      <List text={text} onText={setText} chosen={chosen} swapping={swapping} onPick={pick}
        onSite={(cameras) => {
          onChange(cameras)
          close()
        }} />
      {swapping === null && (
        <div className="dialog-foot">
          <button className="button primary" onClick={close}>{t('pick.done')}</button>
        </div>
      )}
    </Dialog>
  )
}

function List(props: { text: string; onText: (text: string) => void; chosen: readonly string[]; swapping: string | null; onPick: (id: string) => void; onSite: (cameras: string[]) => void }) {
  const { t } = useTranslation()
  const cameras = useCameras()
  const sites = useSites()
  const removed = useRemoved()
  const known = useKnown()
  const isClosed = useIsClosed()
  const groups = useMemo(() => {
    const words = plain(props.text).split(/\s+/).filter(Boolean)
    return (sites.data ?? []).map((site) => ({
      site,
      cameras: (cameras.data ?? []).filter((camera) => camera.site === site.id && words.every((part) =>
        plain(`${camera.name} ${site.name} ${camera.id} ${word('placement', camera.placement)}`).includes(part))),
    })).filter((group) => group.cameras.length > 0)
  }, [cameras.data, sites.data, props.text])
  const gone = useMemo(() => {
    const words = plain(props.text).split(/\s+/).filter(Boolean)
    return (removed.data ?? []).filter((camera) => camera.last_at !== null && words.every((part) => plain(`${camera.name ?? ''} ${camera.site} ${camera.id}`).includes(part)))
  }, [removed.data, props.text])
  const first = groups[0]?.cameras[0]
  const key = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !first || !props.text.trim()) return
    event.preventDefault()
    props.onPick(first.id)
    props.onText('')
  }
  const full = props.swapping === null && props.chosen.length >= MOST_CAMERAS
  if (cameras.isPending || sites.isPending) return <Skeletons count={6} height={34} className="pick-list" />
  if (!cameras.data || !sites.data) return <Failed error={cameras.error ?? sites.error} what={t('wall.failed')} onRetry={() => void cameras.refetch()} />
  return (
    <>
      <label className="pick-search">
        <Search size={15} aria-hidden="true" />
        <input className="input" type="search" autoFocus autoComplete="off" aria-label={t('search.label')} placeholder={t('pick.placeholder')} value={props.text}
          onKeyDown={key} onChange={(event) => props.onText(event.target.value)} />
      </label>
      <div className="pick-list scrolls">
        {groups.length + gone.length === 0 && <Empty title={t('search.none')} />}
        {groups.map((group) => (
          <section key={group.site.id}>
            <h3>
              {shortSite(group.site.name)}
              {props.swapping === null && (
                <button className="button quiet" onClick={() => props.onSite(siteCameras(cameras.data, group.site.id))}>{t('pick.site')}</button>
              )}
            </h3>
            <ul>
              {group.cameras.map((camera) => {
                const taken = props.chosen.includes(camera.id)
                return (
                  <li key={camera.id}>
                    <button className="pick-camera" aria-pressed={taken} disabled={full && !taken} onClick={() => props.onPick(camera.id)} data-pick={camera.id}>
                      <StateMark state={camera.state} />
                      <span className="cut">{camera.name}</span>
                      <span className="secondary cut">{isClosed(camera) ? t('tile.closed') : word('placement', camera.placement)}</span>
                      {taken && <Check size={15} />}
                    </button>
                  </li>
                )
              })}
            </ul>
          </section>
        ))}
        {gone.length > 0 && (
          <section>
            <h3>{t('pick.removed')}</h3>
            <ul>
              {gone.map((camera) => {
                const taken = props.chosen.includes(camera.id)
                return (
                  <li key={camera.id}>
                    <button className="pick-camera" aria-pressed={taken} disabled={full && !taken} onClick={() => props.onPick(camera.id)} data-pick={camera.id}>
                      <span className="cut">{placeName(camera.id, known(camera.id))}</span>
                      <span className="secondary cut">{isClosed(camera) ? t('tile.closed') : t('pick.until', { date: date(camera.last_at ?? '') })}</span>
                      {taken && <Check size={15} />}
                    </button>
                  </li>
                )
              })}
            </ul>
          </section>
        )}
      </div>
    </>
  )
}

/** The first cameras of a site in its order; a room is opened for itself, not with its site. */
export function siteCameras(cameras: readonly Camera[], site: string): string[] {
  return cameras.filter((camera) => camera.site === site && !isRoom(camera)).slice(0, MOST_CAMERAS).map((camera) => camera.id)
}
