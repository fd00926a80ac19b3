// The life of a live player inside React: made with its elements, closed with them.
import { useEffect, useRef, useState } from 'react'
import { initialStatus, LivePlayer, type LiveStatus } from '../live/player'
import type { Step, Track } from '../live/personBoxes'

export function useLive(camera: string, profile: 'main' | 'sub', overlay: (tracks: Track[] | null, trail: (id: number) => Step[]) => void) {
  const video = useRef<HTMLVideoElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const player = useRef<LivePlayer | null>(null)
  const draw = useRef(overlay)
  draw.current = overlay
  const [status, setStatus] = useState<LiveStatus>(initialStatus)
  useEffect(() => {
    if (!video.current || !canvas.current) return
    setStatus(initialStatus)
    const made = new LivePlayer({
      camera, profile, video: video.current, canvas: canvas.current,
      status: setStatus,
      overlay: (tracks, trail) => draw.current(tracks, trail),
    })
    player.current = made
    return () => {
      made.close()
      player.current = null
    }
  }, [camera, profile])
  return { video, canvas, player, status }
}
