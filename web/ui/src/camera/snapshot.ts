// The picture on the screen as a file; the server's last picture when nothing plays.
import type { Camera } from '../api/types'
import type { LivePlayer } from '../live/player'
import { refusedIn } from '../rooms/openings'
import { clock, day } from '../time/format'
import { serverClock } from '../time/serverClock'

export async function saveSnapshot(camera: Camera, player: LivePlayer | null): Promise<void> {
  const at = player?.shownAt() ?? null
  const picture = at === null ? null : await fromScreen(player)
  const blob = picture ?? (await fromServer(camera.id))
  const when = picture && at !== null ? at : serverClock.now()
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = `${camera.id}_${day(when)}_${clock(when).replaceAll(':', '-')}.jpg`
  link.click()
  // The download has its own hold on the data by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

async function fromScreen(player: LivePlayer | null): Promise<Blob | null> {
  const surface = player?.surface()
  if (!surface) return null
  const [width, height] = surface instanceof HTMLVideoElement ? [surface.videoWidth, surface.videoHeight] : [surface.width, surface.height]
  if (!width || !height) return null
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  canvas.getContext('2d')?.drawImage(surface, 0, 0)
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.93))
}

async function fromServer(id: string): Promise<Blob> {
  const response = await fetch(`/api/cameras/${encodeURIComponent(id)}/snapshot.jpg`)
  if (!response.ok) {
    await refusedIn(response, id)
    throw new Error(String(response.status))
  }
  return response.blob()
}
