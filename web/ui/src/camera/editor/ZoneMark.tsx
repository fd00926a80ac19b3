// The kinds of shapes by their look in the picture: a full red one, a dashed one, a line, a covered one.
import type { ZoneKind } from '../../api/types'

export function ZoneMark({ kind, size = 16 }: { kind: ZoneKind; size?: number }) {
  return (
    <svg className="zone-mark" data-kind={kind} width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      {kind === 'line' ? <path d="M1.5 8.5 14.5 5M8.6 2.5l2 8.6M8 9l2.7 2.4L12.4 8" /> : <path d="M3 2.5 13 4l-1 9.5L2.5 11z" />}
      {kind === 'mask' && <path d="M3 8.2 7.8 3.4M3.4 11.2 11 3.9M7 12.2 12.4 7" />}
    </svg>
  )
}
