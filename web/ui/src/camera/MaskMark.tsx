// That a camera's pictures are painted over: for who looks, or, where he sees beneath, for the others.
import { Eye, EyeOff } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { Camera } from '../api/types'
import { holdersOf } from '../rights/permissions'

type Masked = Pick<Camera, 'masked' | 'masks'>

/** `covered`: parts are painted over; `lifted`: for others they are; null: for nobody. */
export const maskedFor = (camera: Masked) => (camera.masked ? 'covered' : (camera.masks?.length ?? 0) > 0 ? 'lifted' : null)

export function MaskMark({ camera, short = false }: { camera: Masked; short?: boolean }) {
  const { t } = useTranslation()
  const how = maskedFor(camera)
  if (how === null) return null
  const Icon = how === 'covered' ? EyeOff : Eye
  const title = t(how === 'covered' ? 'masks.coveredTitle' : 'masks.liftedTitle', { who: holdersOf('mask.lift') })
  return (
    <span className="mask-mark" data-how={how} title={title}>
      <Icon size={short ? 12 : 14} aria-hidden="true" />
      {short ? <span className="visually-hidden">{t(`masks.${how}`)}</span> : <span>{t(`masks.${how}`)}</span>}
    </span>
  )
}
