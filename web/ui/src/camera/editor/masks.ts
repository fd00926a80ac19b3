// Privacy masks in the editor: shapes like zones, of a kind of their own, with ids that no zone has. Pure.
import type { Analysis, Mask, Zone } from '../../api/types'

/** As many as the service takes. */
export const MOST_MASKS = 16

/** No id that the service has holds a colon: a mask may be called as a zone is. */
const PREFIX = 'mask:'

export const isMask = (zone: Pick<Zone, 'kind'>) => zone.kind === 'mask'
export const maskId = (id: string) => PREFIX + id
export const bareId = (id: string) => (id.startsWith(PREFIX) ? id.slice(PREFIX.length) : id)

/** As the service has them apart. */
export interface Apart extends Analysis {
  masks: Mask[]
}

/** Masks among the zones: as the editor has them. */
export function together({ zones, rules, masks = [] }: Analysis & { masks?: Mask[] | undefined }): Analysis {
  return { zones: [...zones, ...masks.map((mask): Zone => ({ ...mask, id: maskId(mask.id), kind: 'mask' }))], rules }
}

export function apart({ zones, rules }: Analysis): Apart {
  const masks = zones.filter(isMask).map(({ id, name, polygon }) => ({ id: bareId(id), ...(name === undefined ? {} : { name }), polygon: polygon ?? [] }))
  return { zones: zones.filter((zone) => !isMask(zone)), rules, masks }
}
