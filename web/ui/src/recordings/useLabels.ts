// What cameras are called here: by the names of the configuration, by their id where it has them no more.
import { shortSite } from '../alerts/places'
import { useCameras, useSites } from '../api/queries'
import { labelsOf } from './timeline/camera'

export function useLabels(): (ids: readonly string[]) => string[] {
  const cameras = useCameras().data
  const sites = useSites().data
  return (ids) => {
    const labels = labelsOf(ids.map((id) => {
      const camera = cameras?.find((one) => one.id === id)
      const site = sites?.find((one) => one.id === camera?.site)
      return { id, name: camera?.name ?? id, site: site ? shortSite(site.name) : '' }
    }))
    return ids.map((id) => labels.get(id) ?? id)
  }
}
