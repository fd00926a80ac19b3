// The bodies of docs/http.md as types. What the server may send and nothing more.
import type { Call, Chain, Quiet } from './chains'

export type CameraState = 'recording' | 'online' | 'offline' | 'disabled'
export type Placement = 'gate' | 'corridor' | 'sampling_room' | 'patient_room'
export type AlertState = 'open' | 'ended' | 'acknowledged' | 'resolved'
export type Severity = 'info' | 'warning' | 'critical'
export type Point = readonly [number, number]

export interface Session {
  /** `sites` null or missing: all, also those to come. */
  user: { id: number; username: string; role: string; permissions: string[]; sites?: string[] | null }
  facility: { name: string; timezone: string }
  expires_at: string
  version: string
}

export interface CameraCounts {
  total: number
  recording: number
  online: number
  offline: number
  disabled: number
}

export interface System {
  version: string
  now: string
  bus: { connected: boolean; since: string | null }
  cameras: CameraCounts
  storage: NodeStorage[]
  detection: { model: string; backend: string; precision: string; fallback: boolean; detail: string }
  config_revision: number
}

export type StorageStatus = 'ok' | 'low' | 'pressure' | 'held_only' | 'full' | 'read_only' | 'missing'

/** A node's disk; what is optional an older server does not say. */
export interface NodeStorage {
  node: string
  name?: string
  status?: StorageStatus
  detail?: string
  free_bytes: number | null
  total_bytes: number | null
  recorded_bytes?: number | null
  held_bytes?: number | null
  oldest?: string | null
  days_left: number | null
  days_kept?: number | null
  days_kept_by?: string | null
  days_wanted?: number | null
  deleted_at?: string | null
  deleted_because?: string | null
}

export interface Site {
  id: string
  name: string
  location: Point | null
  capacity: number | null
  persons: number | null
  open_alerts: number
  cameras: CameraCounts
}

export interface Camera {
  id: string
  site: string
  name: string
  placement: Placement
  streams: string[]
  state: CameraState
  reason: string | null
  since: string | null
  recording: boolean
  fps: number | null
  bitrate: number | null
  width: number | null
  height: number | null
  codec: string | null
  last_frame_at: string | null
  person_count: number | null
  /** Standard deviation of the count. */
  person_sigma?: number | null
  /** Persons in each zone by its id, and the standard deviation of each. */
  zone_counts?: Record<string, number>
  zone_sigmas?: Record<string, number>
  sampled_fps: number | null
  /** Due for the model by the configured rates; an older server does not say. */
  wanted_fps?: number | null
  inferred_fps: number | null
  clock_offset_s: number | null
  packets_missed: number | null
  model: string | null
  /** The revision that the camera's detector has in force; null while no detector is heard. */
  analysis_revision?: number | null
  open_alerts: number
  /** Its pictures are painted over for this session. */
  masked?: boolean
  /** Only for who draws masks or sees beneath them. */
  masks?: Mask[]
}

/** No longer configured; the name and the placement that it had last, null where only its footage is known. */
export interface RemovedCamera {
  id: string
  site: string
  name: string | null
  placement: Placement | null
  /** End of its newest footage; null when none is left. */
  last_at: string | null
}

/** `mask`: a privacy mask, for the editor alone; the service has them apart (`Mask`). */
export type ZoneKind = 'restricted' | 'area' | 'line' | 'mask'

export interface Zone {
  id: string
  kind: ZoneKind
  name?: string
  polygon?: Point[]
  points?: Point[]
}

/** A part of the picture that is painted over for who may not see beneath it. */
export interface Mask {
  id: string
  name?: string
  polygon: Point[]
}

export type Direction = 'a_to_b' | 'b_to_a' | 'both'

/** `Rule` of `vms/domain/facility.py`; what is left out has its default there. */
export interface Rule {
  id: string
  kind: string
  zone?: string
  severity?: Severity
  schedule?: string
  dwell_s?: number
  rearm_s?: number
  min?: number
  max?: number
  direction?: Direction
}

/** Zones and rules of a camera: what its detector goes by. */
export interface Analysis {
  zones: Zone[]
  rules: Rule[]
}

export interface CameraDetail extends Camera, Analysis {
  /** Why the picture shows nothing that could be counted; null or missing: it does. */
  tamper?: string | null
  /** The configuration's revision that zones and rules are of; an older server does not say. */
  revision?: number
}

export interface Box {
  x: number
  y: number
  w: number
  h: number
  track?: number | null
  confidence?: number | null
}

export interface AlertStep {
  at: string
  kind: string
  by: string | null
  note: string | null
}

export interface Alert {
  id: string
  /** Null, as the camera, where a node itself raised it. */
  site: string | null
  camera: string | null
  node?: string | null
  rule: string | null
  kind: string
  zone: string | null
  severity: Severity
  state: AlertState
  opened_at: string
  ended_at: string | null
  persons: number | null
  boxes: Box[] | null
  snapshot: string | null
  clip: { start: string; end: string | null } | null
  detail: Record<string, unknown> | null
  steps: AlertStep[]
  /** Missing or null of alerts from before there were chains. */
  chain?: Chain | null
  /** The alert whose chain it shares. */
  group?: string | null
  quiet?: Pick<Quiet, 'id' | 'kind' | 'until' | 'reason' | 'by'> | null
  /** Only where one alert is read by itself. */
  calls?: Call[]
}

export interface Segment {
  id: string
  start: string
  end: string
  codec: string
  bytes: number
  open: boolean
}

/** `GapReason` of `vms/domain/messages.py`: both catalogues have a word for each. */
export const GAP_REASONS = [
  'connecting', 'unauthorized', 'forbidden', 'not_found', 'busy', 'unreachable', 'timeout', 'no_video',
  'unsupported_codec', 'corrupt', 'redirected', 'ended', 'codec', 'camera_clock', 'no_keyframe', 'decoder', 'lost',
  'starting', 'stopped', 'crashed', 'stalled', 'worker_lost', 'clock', 'disk', 'disabled', 'configuration',
  'age', 'quota', 'pressure', 'unexplained', 'missing',
] as const

export interface Gap {
  start: string
  end: string
  cause: string
  reason: string | null
}

export interface CountBin {
  at: string
  mean: number
  max: number
  /** Standard deviation of the count. */
  sigma?: number
}

export interface Timeline {
  start: string
  end: string
  segments: Segment[]
  gaps: Gap[]
  /** Footage whose moments other footage has as well. */
  overlaps?: Segment[]
  counts: CountBin[]
  alerts: Alert[]
  holds?: TimelineHold[]
  first_at?: string | null
  recorded_from?: string | null
}

export interface TimelineHold {
  id: string
  start: string
  end: string
  reason: string
  owner: string
  until: string | null
}

export interface Hold extends TimelineHold {
  cameras: string[]
  created_at: string
  released_at: string | null
  released_by: string | null
  state: 'active' | 'expired' | 'released'
  /** The recorders have not been told of it yet. */
  pending?: boolean
}

export interface Page<T> {
  items: T[]
  next: string | null
}

export interface ProblemBody {
  type?: string
  title?: string
  status?: number
  detail?: string
  instance?: string
}

export type StreamEvent =
  | { seq: number; epoch: string; type: 'reset'; data: unknown }
  | { seq: number; epoch: string; type: 'camera.state'; data: Camera }
  | { seq: number; epoch: string; type: 'duty.changed'; data: unknown }
  | { seq: number; epoch: string; type: 'quiet.changed'; data: unknown }
  | { seq: number; epoch: string; type: 'room.opening'; data: { site: string; camera: string; user_id: number } }
  | {
      seq: number
      epoch: string
      type: 'alert.opened' | 'alert.updated' | 'alert.ended' | 'alert.acknowledged' | 'alert.resolved'
      data: Alert
    }
