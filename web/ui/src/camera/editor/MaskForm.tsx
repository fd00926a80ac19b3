// What a privacy mask is called, who sees beneath it, its corners.
import { EyeOff, Trash2 } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { Zone } from '../../api/types'
import { holdersOf } from '../../rights/permissions'
import { pointsOf } from '../geometry'
import { bareId } from './masks'
import type { Editor } from './useEditor'
import { CornerTools, NameField } from './ZoneForm'

export function MaskForm({ mask, corner, editor }: { mask: Zone; corner: number | null; editor: Editor }) {
  const { t } = useTranslation()
  const fault = editor.faults.zones.get(mask.id)
  return (
    <div className="zone-form">
      {fault && <p className="field-wrong" role="alert">{t(`wrong.${fault}`)}</p>}
      <NameField zone={mask} placeholder={bareId(mask.id)} editor={editor} />
      <p className="field-hint">{t('zoneHint.mask')} <WhoSees /></p>
      {corner !== null && <CornerTools zone={mask} corner={corner} count={pointsOf(mask).length} editor={editor} />}
      <div className="item-foot">
        <span className="mask-others"><EyeOff size={14} aria-hidden="true" /> {t('masks.past')}</span>
        <button className="button quiet danger" onClick={() => editor.removeZone(mask)}><Trash2 size={15} /> {t('masks.remove')}</button>
      </div>
    </div>
  )
}

/** In one sentence. */
export function WhoSees() {
  const { t } = useTranslation()
  return <>{t('masks.who', { who: holdersOf('mask.lift') })}</>
}
