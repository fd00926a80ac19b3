// What a zone or line is called and of which kind it is, its corners, and the rules that look at it.
import { Plus, Trash2 } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { Zone } from '../../api/types'
import { MenuItem, Menu } from '../../controls/Menu'
import { word } from '../../i18n'
import { isLine, pointsOf } from '../geometry'
import { changeZone, cornersOf, fits, nameZone, RULE_KINDS, rulesOn } from './draft'
import { draftOf } from './state'
import type { Editor } from './useEditor'

export function ZoneForm({ zone, corner, editor }: { zone: Zone; corner: number | null; editor: Editor }) {
  const { t } = useTranslation()
  const { dispatch } = editor
  const count = pointsOf(zone).length
  const fault = editor.faults.zones.get(zone.id)
  const used = rulesOn(draftOf(editor.state), zone.id).length
  return (
    <div className="zone-form">
      {fault && <p className="field-wrong" role="alert">{t(`wrong.${fault}`)} {editor.faults.old.zones.has(zone.id) && t('editor.oldShape')}</p>}
      <NameField zone={zone} placeholder={zone.id} editor={editor} />
      {!isLine(zone) && (
        <fieldset className="field">
          <legend>{t('editor.zoneKind')}</legend>
          <span className="segmented" role="group" aria-label={t('editor.zoneKind')}>
            {(['restricted', 'area'] as const).map((kind) => (
              <button key={kind} type="button" aria-pressed={zone.kind === kind} onClick={() => dispatch({ do: 'edit', make: (draft) => changeZone(draft, zone.id, (one) => ({ ...one, kind })) })}>
                {word('zoneName', kind)}
              </button>
            ))}
          </span>
          <p className="field-hint">{t(`zoneHint.${zone.kind}`)}</p>
        </fieldset>
      )}
      <p className="field-hint">{t(isLine(zone) ? 'editor.feetLine' : 'editor.feet')}</p>
      {corner !== null && <CornerTools zone={zone} corner={corner} count={count} editor={editor} />}
      {used === 0 && <p className="field-hint">{t(isLine(zone) ? 'editor.unusedLine' : 'editor.unused')}</p>}
      <div className="item-foot">
        <Menu trigger={<button className="button"><Plus size={15} /> {t('editor.addRule')}</button>}>
          {RULE_KINDS.filter((kind) => fits(kind, zone)).map((kind) => <MenuItem key={kind} onSelect={() => editor.addRule(kind, zone.id)}>{word('kind', kind)}</MenuItem>)}
        </Menu>
        <button className="button quiet danger" onClick={() => editor.removeZone(zone)}><Trash2 size={15} /> {t(isLine(zone) ? 'editor.removeLine' : 'editor.removeZone')}</button>
      </div>
    </div>
  )
}

export function NameField({ zone, placeholder, editor }: { zone: Zone; placeholder: string; editor: Editor }) {
  const { t } = useTranslation()
  return (
    <label className="field">
      <span>{t('editor.name')}</span>
      <input className="input" maxLength={120} value={zone.name ?? ''} placeholder={placeholder} autoComplete="off"
        onChange={(event) => editor.dispatch({ do: 'edit', tag: `name ${zone.id}`, make: (draft) => nameZone(draft, zone.id, event.target.value) })} />
    </label>
  )
}

export function CornerTools({ zone, corner, count, editor }: { zone: Zone; corner: number; count: number; editor: Editor }) {
  const { t } = useTranslation()
  return (
    <div className="corners">
      <span className="secondary">{t('editor.cornerOf', { corner: corner + 1, count })}</span>
      <button className="button" disabled={count <= cornersOf(zone.kind)[0]} onClick={() => editor.removeCorner(zone, corner)}><Trash2 size={14} /> {t('editor.removeCorner')}</button>
    </div>
  )
}
