// What the timeline, and what stands beside it, knows of a camera.
export interface TimelineCamera {
  id: string
  name: string
  site: string
  /** A patient's room: no pictures, also no small ones. */
  closed: boolean
}
