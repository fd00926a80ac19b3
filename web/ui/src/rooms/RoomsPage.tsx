// Who has opened which room, when and why: what goes on now first, then what was. One's own; to who oversees everybody's.
import { BedDouble, DoorOpen, Lock } from 'lucide-react'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { Empty, Failed, Skeletons, StaleNote } from '../controls/states'
import { word } from '../i18n'
import { useStore } from '../preferences/store'
import { placeName, useKnown } from '../recordings/known'
import { NotYours } from '../rights/NotYours'
import { PageTools } from '../shell/PageTools'
import { usePermission, useTitle } from '../shell/shellState'
import { moment } from '../time/format'
import { CloseButton } from './CloseButton'
import { others, own, type Opening, type Standing } from './openings'
import { howEnded } from './past'
import { MOST_PAST, usePast } from './queries'
import { minutesLeft, useLeft } from './RoomStrip'

export function RoomsPage() {
  const { t } = useTranslation()
  useTitle(t('rooms.page'))
  const [opens, oversees] = [usePermission('room.open'), usePermission('room.oversee')]
  const known = useKnown()
  const past = usePast(opens || oversees)
  const [mine, theirs] = [useStore(own), useStore(others)]
  const open = useMemo(() => [...mine.values(), ...theirs].sort((a, b) => b.opened_at.localeCompare(a.opened_at)), [mine, theirs])
  const over = useMemo(() => (past.data?.items ?? []).filter((one) => !open.some(({ id }) => id === one.id)), [past.data, open])
  if (!opens && !oversees) return <NotYours permission="room.open" title={t('rooms.page')} />
  return (
    <div className="rooms-page scrolls">
      <PageTools><h1>{t('rooms.page')}</h1></PageTools>
      {past.isError && past.data && <StaleNote since={past.dataUpdatedAt} onRetry={() => void past.refetch()} />}
      <p className="secondary rooms-about">{t(oversees ? 'rooms.aboutAll' : 'rooms.aboutOwn')}</p>
      <section aria-labelledby="rooms-now">
        <h2 id="rooms-now">{t('rooms.now')} {open.length > 0 && <span className="badge rooms-count">{open.length}</span>}</h2>
        {open.length === 0 ? <p className="rooms-none secondary"><Lock size={15} aria-hidden="true" /> {t('rooms.noneNow')}</p> : (
          <ul className="rooms-list">{open.map((one) => <Now key={one.id} one={one} known={known} />)}</ul>
        )}
      </section>
      <section aria-labelledby="rooms-past">
        <h2 id="rooms-past">{t('rooms.past')}</h2>
        {past.isPending ? <Skeletons count={5} height={44} className="rooms-list" /> : !past.data ? (
          <Failed error={past.error} what={t('rooms.failed')} onRetry={() => void past.refetch()} />
        ) : over.length === 0 ? <Empty icon={<DoorOpen size={26} strokeWidth={1.5} />} title={t('rooms.nonePast')} text={t('rooms.nonePastText')} /> : (
          <ul className="rooms-list">{over.map((one) => <Past key={one.id} one={one} known={known} among={past.data.items} />)}</ul>
        )}
        {(past.data?.items.length ?? 0) >= MOST_PAST && <p className="secondary rooms-about">{t('rooms.mostPast', { count: MOST_PAST })}</p>}
      </section>
    </div>
  )
}

type Known = ReturnType<typeof useKnown>

function Where({ one, known }: { one: Opening; known: Known }) {
  const camera = known(one.camera)
  const name = placeName(one.camera, camera)
  return (
    <span className="rooms-where">
      <BedDouble size={15} aria-hidden="true" />
      {camera && !camera.removed ? <Link className="cut" href={`/cameras/${encodeURIComponent(one.camera)}`}>{name}</Link> : <span className="cut">{name}</span>}
    </span>
  )
}

function Who({ one }: { one: Opening }) {
  const { t } = useTranslation()
  return <span className="rooms-who"><b className="cut">{one.mine ? t('rooms.you') : one.user}</b> <span className="secondary">{word('role', one.role)}</span></span>
}

function Now({ one, known }: { one: Standing; known: Known }) {
  const { t } = useTranslation()
  const { ms, soon } = useLeft(one)
  return (
    <li className="rooms-row now" data-soon={soon}>
      <Where one={one} known={known} />
      <Who one={one} />
      <q className="rooms-why">{one.reason}</q>
      <span className="rooms-when"><time dateTime={one.opened_at}>{moment(one.opened_at, false)}</time> <b>{t('rooms.left', { time: minutesLeft(ms) })}</b></span>
      <CloseButton one={one} />
    </li>
  )
}

function Past({ one, among, known }: { one: Opening; among: readonly Opening[]; known: Known }) {
  const { t } = useTranslation()
  const end = howEnded(one, among)
  return (
    <li className="rooms-row">
      <Where one={one} known={known} />
      <Who one={one} />
      <q className="rooms-why">{one.reason}</q>
      <span className="rooms-when">
        <time dateTime={one.opened_at}>{moment(one.opened_at, false)}</time> – <time dateTime={end.at}>{moment(end.at, false)}</time>
        <span className="secondary">{t(`roomEnd.${end.how}`, { by: one.closed_by })}</span>
      </span>
    </li>
  )
}
