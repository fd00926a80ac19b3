// What the wall shows: read from and written to the address, then applied to the cameras. Pure.
import type { Camera, Placement, Site } from '../api/types'

export type Grouping = 'site' | 'placement' | 'none'
export type Density = 'fill' | 'small' | 'medium' | 'large'

export interface WallChoice {
  site: string | null
  placement: Placement | null
  alertsOnly: boolean
  grouping: Grouping
  density: Density
  cycle: boolean
  spotlight: boolean
}

export interface TileGroup {
  id: string
  cameras: Camera[]
}

export const PLACEMENTS: readonly Placement[] = ['gate', 'corridor', 'sampling_room', 'patient_room']
export const GROUPINGS: readonly Grouping[] = ['site', 'placement', 'none']
export const DENSITIES: readonly Density[] = ['fill', 'small', 'medium', 'large']
/** Wanted tile widths in CSS pixels. */
export const TILE_WIDTH: Record<Density, number | null> = { fill: null, small: 168, medium: 260, large: 420 }

const oneOf = <T extends string>(values: readonly T[], value: string | null, fallback: T): T =>
  values.includes(value as T) ? (value as T) : fallback

export function choiceOf(search: URLSearchParams, remembered: { grouping: string; density: string }): WallChoice {
  return {
    site: search.get('site'),
    placement: PLACEMENTS.find((placement) => placement === search.get('placement')) ?? null,
    alertsOnly: search.get('alerts') === '1',
    grouping: oneOf(GROUPINGS, search.get('group') ?? remembered.grouping, 'site'),
    density: oneOf(DENSITIES, search.get('density') ?? remembered.density, 'fill'),
    cycle: search.get('cycle') === '1',
    spotlight: search.get('spotlight') === '1',
  }
}

export function searchOf(choice: WallChoice): Record<string, string | null> {
  return {
    site: choice.site,
    placement: choice.placement,
    alerts: choice.alertsOnly ? '1' : null,
    group: choice.grouping,
    density: choice.density,
    cycle: choice.cycle ? '1' : null,
    spotlight: choice.spotlight ? '1' : null,
  }
}

export function groupsOf(
  cameras: readonly Camera[], sites: readonly Site[], choice: WallChoice, alerting: ReadonlySet<string>,
): TileGroup[] {
  const shown = cameras.filter(
    (camera) =>
      (!choice.site || camera.site === choice.site) &&
      (!choice.placement || camera.placement === choice.placement) &&
      (!choice.alertsOnly || alerting.has(camera.id)),
  )
  if (choice.grouping === 'none') return shown.length > 0 ? [{ id: '', cameras: shown }] : []
  const order = choice.grouping === 'site' ? sites.map((site) => site.id) : [...PLACEMENTS]
  const groups = new Map<string, Camera[]>(order.map((id) => [id as string, []]))
  for (const camera of shown) {
    const id = choice.grouping === 'site' ? camera.site : camera.placement
    groups.set(id, [...(groups.get(id) ?? []), camera])
  }
  return [...groups].filter(([, list]) => list.length > 0).map(([id, list]) => ({ id, cameras: list }))
}
