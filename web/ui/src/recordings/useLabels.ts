// What cameras are called here: by the names of the configuration, also the last one that they had; else by their id.
import { useKnown } from './known'
import { labelsOf } from './timeline/camera'

export function useLabels(): (ids: readonly string[]) => string[] {
  const known = useKnown()
  return (ids) => {
    const labels = labelsOf(ids.map((id) => ({ id, name: id, site: '', ...known(id) })))
    return ids.map((id) => labels.get(id) ?? id)
  }
}
