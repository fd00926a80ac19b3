// Sites by their names, in few words.
import { useMemo } from 'react'
import { shortSite } from '../alerts/places'
import { useSites } from '../api/queries'

/** "Vị Thanh 1, Ngã Bảy +3"; a site that is not configured any more goes by its id. */
export function useSitesNamed(): (ids: readonly string[], most?: number) => string {
  const sites = useSites()
  return useMemo(() => {
    const names = new Map(sites.data?.map((site) => [site.id, shortSite(site.name)]))
    return (ids, most = 2) => {
      const shown = ids.slice(0, ids.length > most + 1 ? most : ids.length).map((id) => names.get(id) ?? id)
      const more = ids.length - shown.length
      return shown.join(', ') + (more > 0 ? ` +${more}` : '')
    }
  }, [sites.data])
}
