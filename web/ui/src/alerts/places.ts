// Where an alert is, in words: site and camera by name.
import { useMemo } from 'react'
import { useCameras, useSites } from '../api/queries'

/** Site names begin with the same words; in a narrow place only what tells them apart is written. */
export function shortSite(name: string): string {
  return name.replace(/^(Khu cách ly( tập trung)?|Quarantine site)\s+/i, '')
}

export function usePlaces(): (alert: { site: string; camera: string }) => string {
  const sites = useSites()
  const cameras = useCameras()
  return useMemo(() => {
    const siteNames = new Map(sites.data?.map((site) => [site.id, shortSite(site.name)]))
    const cameraNames = new Map(cameras.data?.map((camera) => [camera.id, camera.name]))
    return ({ site, camera }) => `${siteNames.get(site) ?? site} · ${cameraNames.get(camera) ?? camera}`
  }, [sites.data, cameras.data])
}
