// Where an alert is, in words: site and camera by name.
import { useMemo } from 'react'
import { useCameras, useSites } from '../api/queries'

/** Site names begin with the same words; in a narrow place only what tells them apart is written. */
export function shortSite(name: string): string {
  return name.replace(/^(Khu cách ly( tập trung)?|Quarantine site)\s+/i, '')
}

/** A site that cannot be reached is the place itself: the camera is only the one that was missed first. */
export const isOfSite = (alert: { kind: string }) => alert.kind === 'site_unreachable'

export function usePlaces(): (alert: { site: string; camera: string; kind: string }) => string {
  const sites = useSites()
  const cameras = useCameras()
  return useMemo(() => {
    const siteNames = new Map(sites.data?.map((site) => [site.id, shortSite(site.name)]))
    const cameraNames = new Map(cameras.data?.map((camera) => [camera.id, camera.name]))
    return (alert) => {
      const site = siteNames.get(alert.site) ?? alert.site
      return isOfSite(alert) ? site : `${site} · ${cameraNames.get(alert.camera) ?? alert.camera}`
    }
  }, [sites.data, cameras.data])
}

/** Where what happens now is to be seen. */
export const liveOf = (alert: { site: string; camera: string; kind: string }) =>
  isOfSite(alert) ? `/wall?site=${alert.site}` : `/cameras/${alert.camera}`
