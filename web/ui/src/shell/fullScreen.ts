// Full screen: the browser's, and with it the pictures alone.
import { bare } from './shellState'

export function toggleFull(): void {
  if (bare.get()) {
    bare.set(false)
    if (document.fullscreenElement) void document.exitFullscreen().catch(() => undefined)
    return
  }
  bare.set(true)
  // Refused (an iPhone, a frame): the page without rail and header is still worth having.
  void document.documentElement.requestFullscreen?.().catch(() => undefined)
}

document.addEventListener('fullscreenchange', () => {
  if (!document.fullscreenElement) bare.set(false)
})
window.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && bare.get() && !document.querySelector('[role=dialog]')) bare.set(false)
})
