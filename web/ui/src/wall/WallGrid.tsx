// The tiles, laid out to fill what room there is; tells the feed which of them are in sight.
import { useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Camera, Site } from '../api/types'
import { shortSite } from '../alerts/places'
import { word } from '../i18n'
import { useIsClosed } from '../rooms/openings'
import { onPhone } from '../shell/phone'
import { TILE_WIDTH, type Density, type Grouping, type TileGroup } from './choice'
import type { WallFeed } from './feed'
import { layoutWall } from './layout'
import type { TileAlert } from './gravest'
import { personsThere, type PersonsThere } from './personsThere'
import { hasPicture, Tile } from './Tile'
import { TileMenu, type TileMenuAt } from './TileMenu'

const GAP = 4
const BLOCK_GAP = 10
const HEADING = 22
const MIN_TILE = 104
const PADDING = 8
const NO_ALERT = { severity: null, alert: null, others: '', taken: false }

export function WallGrid(props: {
  groups: TileGroup[]
  sites: readonly Site[]
  grouping: Grouping
  density: Density
  alerts: ReadonlyMap<string, TileAlert>
  feed: WallFeed | null
}) {
  const { groups, sites, grouping, density, alerts, feed } = props
  const place = useRef<HTMLDivElement>(null)
  const [room, setRoom] = useState({ width: 0, height: 0 })
  const [menu, setMenu] = useState<TileMenuAt | null>(null)

  useEffect(() => {
    const element = place.current
    if (!element) return
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setRoom({ width: entry.contentRect.width, height: entry.contentRect.height })
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  const counts = groups.map((group) => group.cameras.length).join(',')
  const layout = useMemo(() => {
    const input = {
      groups: groups.map((group) => group.cameras.length),
      height: room.height, gap: GAP, blockGap: BLOCK_GAP,
      heading: grouping === 'none' ? 0 : HEADING,
      minBlock: 300,
      minTile: onPhone() ? 150 : MIN_TILE,
      wanted: TILE_WIDTH[density],
    }
    const filled = layoutWall({ ...input, width: room.width })
    // A scroll bar takes its share of the width.
    return filled.scrolls ? layoutWall({ ...input, width: room.width - 10, wanted: input.wanted ?? input.minTile }) : filled
  }, [counts, room, grouping, density])

  const cameras = useMemo(() => groups.flatMap((group) => group.cameras), [groups])
  useVisible(place, cameras, feed, layout.tileWidth > 0)

  const names = useMemo(() => new Map(sites.map((site) => [site.id, site])), [sites])
  const { flows, bands, tileWidth, tileHeight } = layout
  const blocks = flows ? [{ id: '', cameras }] : groups
  const size = tileWidth < 150 ? 'xs' : tileWidth < 240 ? 's' : tileWidth < 400 ? 'm' : 'l'
  const across = (columns: number[]) => columns.reduce((sum, one) => sum + one, 0)
  const widest = Math.max(0, ...bands.map((band) => across(band.columns)))
  let next = 0
  return (
    <div className="wall-place" style={{ padding: PADDING }}>
      <TileMenu at={menu} onClose={() => setMenu(null)} />
      <div ref={place} className="wall-grid scrolls" data-scrolls={layout.scrolls} data-size={size} style={{ gap: BLOCK_GAP }}
        onContextMenu={(event) => {
          const camera = (event.target as HTMLElement).closest<HTMLElement>('[data-camera]')?.dataset.camera
          if (!camera) return
          event.preventDefault()
          setMenu({ camera, x: event.clientX, y: event.clientY })
        }}>
        {flows && (
          <div className="wall-headings">
            {groups.map((group) => <GroupHeading key={group.id} group={group} site={names.get(group.id)} grouping={grouping} feed={feed} />)}
          </div>
        )}
        {tileWidth > 0 && bands.map((band, index) => (
          <div key={index} className="wall-band" data-full={across(band.columns) === widest} style={{ gap: BLOCK_GAP }}>
            {band.columns.map((columns) => {
              const group = blocks[next++]
              return group && (
                <section key={group.id} className="wall-group" style={{ width: columns * tileWidth + (columns - 1) * GAP }}>
                  {grouping !== 'none' && !flows && <GroupHeading group={group} site={names.get(group.id)} grouping={grouping} feed={feed} />}
                  <div className="wall-tiles" style={{
                    gap: GAP, gridTemplateColumns: `repeat(${columns}, ${tileWidth}px)`, gridAutoRows: `${tileHeight}px`,
                  }}>
                    {group.cameras.map((camera) => (
                      <Tile key={camera.id} camera={camera} feed={feed} width={tileWidth} {...(alerts.get(camera.id) ?? NO_ALERT)}
                        site={grouping === 'site' && !flows ? null : shortSite(names.get(camera.site)?.name ?? camera.site)} />
                    ))}
                  </div>
                </section>
              )
            })}
          </div>
        ))}
      </div>
    </div>
  )
}

function GroupHeading({ group, site, grouping, feed }: { group: TileGroup; site: Site | undefined; grouping: Grouping; feed: WallFeed | null }) {
  const { t } = useTranslation()
  const on = group.cameras.filter((camera) => camera.state !== 'disabled')
  const up = on.filter((camera) => camera.state !== 'offline').length
  const down = up < on.length
  const off = group.cameras.length - on.length
  const persons = usePersons(on, feed)
  return (
    <h2 className="wall-heading" style={{ height: HEADING }}>
      <span className="cut">{grouping === 'site' ? shortSite(site?.name ?? group.id) : word('placement', group.id)}</span>
      <span className={down ? 'wall-heading-down' : 'secondary'}>
        {down && <i className="mark cross" />}
        {t('wall.up', { up, total: on.length })}
      </span>
      {off > 0 && <span className="secondary">{t('wall.off', { count: off })}</span>}
      <span className="secondary">{t(`tile.${persons.known}`, { count: persons.count })}</span>
    </h2>
  )
}

/** The sum of what the tiles say, from the same pictures; a camera without a picture counts with its last report. */
function usePersons(cameras: readonly Camera[], feed: WallFeed | null): PersonsThere {
  const [, again] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => again((n) => n + 1), 1000)
    return () => clearInterval(timer)
  }, [])
  return personsThere(cameras.map((camera) => feed?.persons(camera.id) ?? camera.person_count))
}

function useVisible(place: React.RefObject<HTMLDivElement | null>, cameras: Camera[], feed: WallFeed | null, ready: boolean) {
  const isClosed = useIsClosed()
  const ids = cameras.filter((camera) => hasPicture(camera, isClosed)).map((camera) => camera.id).join(' ')
  useEffect(() => {
    const root = place.current
    if (!root || !feed || !ready) return
    const wanted = new Set(ids.split(' '))
    const visible = new Set<string>()
    const observer = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const id = (entry.target as HTMLElement).dataset.camera ?? ''
        if (entry.isIntersecting && wanted.has(id)) visible.add(id)
        else visible.delete(id)
      }
      feed.watch([...visible])
    }, { root, rootMargin: '80px' })
    root.querySelectorAll('.tile').forEach((tile) => observer.observe(tile))
    feed.watch([])
    return () => observer.disconnect()
  }, [place, ids, feed, ready])
}
