// What is known of the place that a camera looks at, where only its id is at hand: of an alert, of a tile.
import { useCameras } from '../api/queries'
import type { Placement } from '../api/types'
import { useRemoved } from '../recordings/known'
import { isRoom, useOpened, useIsClosed, type Standing } from './openings'

interface Placed {
  id: string
  placement?: Placement | null
}

/** Undefined while it is not known: no picture is asked for yet. */
export function useRoomOf(camera: string | null): Placed | undefined {
  const cameras = useCameras()
  const found = cameras.data?.find((one) => one.id === camera)
  const missing = camera !== null && cameras.data !== undefined && !found
  const removed = useRemoved(missing)
  if (found || camera === null) return found
  if (missing && removed.data) return removed.data.find((one) => one.id === camera) ?? { id: camera }
  // Where the list cannot be had the server decides alone.
  return (missing && removed.isError) || (cameras.isError && !cameras.data) ? { id: camera } : undefined
}

export interface Gate {
  state: 'unknown' | 'closed' | 'open'
  room: boolean
  /** One's own opening that lets it pass. */
  by: Standing | null
}

/** Whether a picture of the camera may be asked for. */
export function useGate(camera: string | null): Gate {
  const found = useRoomOf(camera)
  const isClosed = useIsClosed()
  const by = useOpened(camera)
  if (!found) return { state: 'unknown', room: false, by: null }
  return { state: isClosed(found) ? 'closed' : 'open', room: isRoom(found), by }
}
