// A page's own tools, shown in the header beside the summary: one bar instead of two.
import { useEffect, useState, type ReactNode } from 'react'
import { createPortal } from 'react-dom'
import { TOOLS_ID } from './shellState'

export function PageTools({ children }: { children: ReactNode }) {
  const [place, setPlace] = useState<HTMLElement | null>(null)
  useEffect(() => setPlace(document.getElementById(TOOLS_ID)), [])
  return place ? createPortal(children, place) : null
}
