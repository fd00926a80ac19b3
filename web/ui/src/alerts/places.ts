// Where an alert is, in words: site and camera by name.
import type { TFunction } from 'i18next'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { useCameras, useSites } from '../api/queries'

/** Site names begin with the same words; in a narrow place only what tells them apart is written. */
export function shortSite(name: string): string {
  return name.replace(/^(Khu cách ly( tập trung)?|Quarantine site)\s+/i, '')
}

/** A site that cannot be reached is the place itself: the camera is only the one that was missed first. */
export const isOfSite = (alert: { kind: string; site: string | null }) =>
  alert.kind === 'site_unreachable' || (alert.kind === 'canary' && alert.site !== null)

/** A node by name; that of the service itself has none of its own. */
export const nodeName = (t: TFunction, node: string) => (node === '_web' ? t('node.web') : t('node.name', { node }))

/** What an alert says of its place. A node's own has neither site nor camera. */
interface Placed {
  site: string | null
  camera: string | null
  node?: string | null
  kind: string
}

export function usePlaces(): (alert: Placed) => string {
  const { t } = useTranslation()
  const sites = useSites()
  const cameras = useCameras()
  return useMemo(() => {
    const siteNames = new Map(sites.data?.map((site) => [site.id, shortSite(site.name)]))
    const cameraNames = new Map(cameras.data?.map((camera) => [camera.id, camera.name]))
    return (alert) => {
      if (alert.site === null || alert.camera === null) return nodeName(t, alert.node ?? '')
      const site = siteNames.get(alert.site) ?? alert.site
      return isOfSite(alert) ? site : `${site} · ${cameraNames.get(alert.camera) ?? alert.camera}`
    }
  }, [sites.data, cameras.data, t])
}

/** Where what happens now is to be seen; null where there is nothing to see. */
export function liveOf(alert: Placed): string | null {
  if (isOfSite(alert)) return `/wall?site=${alert.site}`
  return alert.camera === null ? null : `/cameras/${alert.camera}`
}
