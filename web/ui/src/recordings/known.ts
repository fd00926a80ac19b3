// What is known of a camera by its id: configured, or removed since, of which footage is still kept.
import { useQuery } from '@tanstack/react-query'
import { useCallback } from 'react'
import { shortSite } from '../alerts/places'
import { get } from '../api/client'
import { useCameras, useSites } from '../api/queries'
import type { Camera, Page, RemovedCamera } from '../api/types'
import { useIsClosed } from '../rooms/openings'

export interface KnownCamera {
  name: string
  site: string
  /** A patient's room that is not open: no pictures. */
  closed: boolean
  removed: boolean
  /** Its pictures are covered in part, for this session or for others. */
  mask: Pick<Camera, 'masked' | 'masks'>
}

export const useRemoved = (enabled = true) =>
  useQuery({
    queryKey: ['removed'],
    queryFn: async ({ signal }) => (await get<Page<RemovedCamera>>('/api/cameras?removed=true', signal)).items,
    staleTime: 60_000,
    refetchInterval: 300_000,
    enabled,
  })

/** The camera of an id; null: there is none, undefined: not known yet. */
export function useKnown(): (id: string) => KnownCamera | null | undefined {
  const cameras = useCameras().data
  const removed = useRemoved().data
  const sites = useSites().data
  const isClosed = useIsClosed()
  return useCallback((id) => {
    const siteName = (of: string) => {
      const site = sites?.find((one) => one.id === of)
      return site ? shortSite(site.name) : of
    }
    const camera = cameras?.find((one) => one.id === id)
    if (camera) return { name: camera.name, site: siteName(camera.site), closed: isClosed(camera), removed: false, mask: camera }
    const gone = removed?.find((one) => one.id === id)
    if (gone) return { name: gone.name ?? id, site: siteName(gone.site), closed: isClosed(gone), removed: true, mask: {} }
    return cameras && removed ? null : undefined
  }, [cameras, removed, sites, isClosed])
}

/** With the site: several have a gate of the same name. */
export function placeName(id: string, camera: KnownCamera | null | undefined): string {
  return camera ? `${camera.name} · ${camera.site}` : id
}
