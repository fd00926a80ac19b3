// Small pictures of a moment, one for each ten seconds: asked for once the pointer rests, kept while there is room.
import { useEffect, useState } from 'react'
import { query } from '../api/client'
import { onShut, refusedIn } from '../rooms/openings'

const STEP_MS = 10_000
const KEPT = 300
/** A picture that is refused because another one is being made is asked for again while it is wanted. */
const RETRY_MS = 700

export type Thumbnail = { state: 'loading' | 'none' | 'failed'; src: null } | { state: 'there'; src: string }

const kept = new Map<string, Promise<Thumbnail>>()

export function thumbnailPath(camera: string, at: number): string {
  const moment = new Date(Math.floor(at / STEP_MS) * STEP_MS).toISOString()
  return `/api/cameras/${encodeURIComponent(camera)}/thumbnail.jpg${query({ at: moment })}`
}

async function fetchOne(camera: string, path: string): Promise<Thumbnail> {
  try {
    const answer = await fetch(path)
    if (answer.status === 404) return { state: 'none', src: null }
    if (await refusedIn(answer, camera)) return { state: 'none', src: null }
    if (!answer.ok) throw new Error(String(answer.status))
    return { state: 'there', src: URL.createObjectURL(await answer.blob()) }
  } catch {
    // Not kept: the renderer may only be busy.
    kept.delete(path)
    return { state: 'failed', src: null }
  }
}

function load(camera: string, path: string): Promise<Thumbnail> {
  const held = kept.get(path)
  if (held) {
    kept.delete(path)
    kept.set(path, held)
    return held
  }
  const made = fetchOne(camera, path)
  kept.set(path, made)
  const oldest = kept.keys().next().value
  if (kept.size > KEPT && oldest !== undefined) {
    drop(oldest)
  }
  return made
}

/** Also what is still on its way. */
function drop(path: string): void {
  void kept.get(path)?.then((one) => one.src && URL.revokeObjectURL(one.src))
  kept.delete(path)
}

const pathsOf = (camera: string) => [...kept.keys()].filter((path) => path.startsWith(`/api/cameras/${encodeURIComponent(camera)}/`))
onShut((camera) => pathsOf(camera).forEach(drop))

const loading: Thumbnail = { state: 'loading', src: null }

/** The picture of `camera` at `at`; the one before it stays until the next is there. Null: none is wanted. */
export function useThumbnail(camera: string | null, at: number | null, restMs = 110): Thumbnail {
  const path = camera !== null && at !== null ? thumbnailPath(camera, at) : null
  const [shown, setShown] = useState<{ camera: string | null; one: Thumbnail }>({ camera: null, one: loading })
  useEffect(() => {
    if (path === null) return
    let dropped = false
    let timer: ReturnType<typeof setTimeout>
    const ask = (triesLeft: number, afterMs: number) => {
      timer = setTimeout(() => void load(camera ?? '', path).then((one) => {
        if (dropped) return
        if (one.state === 'failed' && triesLeft > 0) ask(triesLeft - 1, RETRY_MS)
        else setShown({ camera, one })
      }), afterMs)
    }
    ask(2, kept.has(path) ? 0 : restMs)
    return () => {
      dropped = true
      clearTimeout(timer)
    }
  }, [path, camera, restMs])
  useEffect(() => onShut((closed) => {
    if (closed === camera) setShown({ camera: null, one: loading })
  }), [camera])
  return shown.camera === camera && path !== null ? shown.one : loading
}
