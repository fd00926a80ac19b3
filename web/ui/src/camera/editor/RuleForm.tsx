// Everything that a rule says, field by field, and the try-out on what was recorded.
import { ArrowLeftRight, CircleAlert, Trash2 } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { Direction, Rule, Severity } from '../../api/types'
import { word } from '../../i18n'
import { useIsClosed } from '../../rooms/openings'
import { changeKind, changeRule, dwellOf, fits, kindsFor, MOST_ITEMS, ofCamera, rearmOf, removeRule, RULE_KINDS, zoneFor, type RuleChange, type RuleKind } from './draft'
import { Field, HoursField, NumberField } from './fields'
import { draftOf } from './state'
import { TryOut } from './TryOut'
import type { Editor } from './useEditor'
import { ruleFaults } from './validation'
import { defaultSeverity, zoneTitle } from './words'
import { ZoneMark } from './ZoneMark'

const DIRECTIONS: readonly Direction[] = ['a_to_b', 'b_to_a', 'both']
const OPPOSITE: Record<Direction, Direction> = { a_to_b: 'b_to_a', b_to_a: 'a_to_b', both: 'both' }
const SEVERITIES: readonly Severity[] = ['critical', 'warning', 'info']

export function RuleForm({ rule, editor }: { rule: Rule; editor: Editor }) {
  const { t } = useTranslation()
  const draft = draftOf(editor.state)
  const faults = ruleFaults(rule, draft)
  const { zones: wrongZones, rules: wrongRules, old } = editor.faults
  // What may be saved may be tried out.
  const wrong = (wrongRules.has(rule.id) && !old.rules.has(rule.id)) || (rule.zone !== undefined && wrongZones.has(rule.zone) && !old.zones.has(rule.zone))
  const change = (part: RuleChange) =>
    editor.dispatch({ do: 'edit', tag: `rule ${rule.id} ${Object.keys(part).join()}`, make: (now) => changeRule(now, rule.id, part) })
  const choices = draft.zones.filter((zone) => fits(rule.kind, zone))
  const direction = rule.direction ?? 'both'
  const settable = (RULE_KINDS as readonly string[]).includes(rule.kind)
  const closed = useIsClosed()(editor.camera)
  const missing = settable && choices.length === 0 ? zoneFor(rule.kind) : null
  const kinds = kindsFor(draft, closed)
  return (
    <div className="rule-form">
      {old.rules.has(rule.id) && <p className="field-wrong" role="alert">{t('editor.oldRule')}</p>}
      <Field label={t('editor.kind')} fault={faults.kind} hint={t(`kindHint.${settable ? rule.kind : 'other'}`)}>
        {(described) => (
          <select {...described} className="select" value={rule.kind}
            onChange={(event) => editor.dispatch({ do: 'edit', make: (now) => changeKind(now, rule.id, event.target.value as RuleKind) })}>
            {!settable && <option value={rule.kind}>{word('kind', rule.kind)}</option>}
            {RULE_KINDS.map((kind) => <option key={kind} value={kind} disabled={!kinds.includes(kind) && kind !== rule.kind}>{word('kind', kind)}</option>)}
          </select>
        )}
      </Field>
      {missing && (
        <fieldset className="field" data-wrong="true">
          <legend>{t(missing === 'line' ? 'editor.line' : 'editor.zone')}</legend>
          <p className="field-wrong"><CircleAlert size={14} /> {t(closed ? 'editor.noZonesClosed' : missing === 'line' ? 'editor.noLines' : 'editor.noZones')}</p>
          {!closed && (
            <button type="button" className="button" disabled={draft.zones.length >= MOST_ITEMS} onClick={() => editor.dispatch({ do: 'draw', kind: missing, forRule: rule.id })}>
              <ZoneMark kind={missing} /> {t(missing === 'line' ? 'editor.drawLineFirst' : 'editor.drawZoneFirst')}
            </button>
          )}
        </fieldset>
      )}
      {!missing && !ofCamera(rule.kind) && settable && (
        <Field label={t(rule.kind === 'line_crossing' ? 'editor.line' : 'editor.zone')} fault={faults.zone}>
          {(described) => (
            <select {...described} className="select" value={rule.zone ?? ''} onChange={(event) => change({ zone: event.target.value || undefined })}>
              <option value="" disabled={!fits(rule.kind, null)}>{t(fits(rule.kind, null) ? 'editor.wholePicture' : 'editor.choose')}</option>
              {choices.map((zone) => <option key={zone.id} value={zone.id}>{zoneTitle(zone)}</option>)}
              {faults.zone && rule.zone !== undefined && <option value={rule.zone}>{rule.zone}</option>}
            </select>
          )}
        </Field>
      )}
      {rule.kind === 'line_crossing' && (
        <fieldset className="field">
          <legend>{t('editor.direction')}</legend>
          <span className="direction">
            <span className="segmented" role="group" aria-label={t('editor.direction')}>
              {DIRECTIONS.map((one) => <button key={one} type="button" aria-pressed={direction === one} onClick={() => change({ direction: one })}>{t(`direction.${one}`)}</button>)}
            </span>
            <button type="button" className="button icon" disabled={direction === 'both'} aria-label={t('editor.reverse')} title={t('editor.reverse')} onClick={() => change({ direction: OPPOSITE[direction] })}>
              <ArrowLeftRight size={15} />
            </button>
          </span>
        </fieldset>
      )}
      {rule.kind === 'occupancy' && (
        <div className="two">
          <NumberField label={t('editor.min')} unit={t('editor.persons')} value={rule.min} fault={faults.min} placeholder={t('editor.none')} onChange={(min) => change({ min })} />
          <NumberField label={t('editor.max')} unit={t('editor.persons')} value={rule.max} fault={faults.max} placeholder={t('editor.none')} onChange={(max) => change({ max })} />
        </div>
      )}
      <HoursField value={rule.schedule} fault={faults.schedule} onChange={(schedule) => change({ schedule })} />
      <div className="two">
        <NumberField label={t(`dwell.${settable ? rule.kind : 'other'}`)} unit={t('editor.seconds')} value={rule.dwell_s} fault={faults.dwell_s}
          placeholder={String(dwellOf({ kind: rule.kind }))} onChange={(dwell_s) => change({ dwell_s })} />
        <NumberField label={t(`rearm.${settable ? rule.kind : 'other'}`)} hint={t(`rearmHint.${settable ? rule.kind : 'other'}`)} unit={t('editor.seconds')} value={rule.rearm_s} fault={faults.rearm_s}
          placeholder={String(rearmOf({ kind: rule.kind }))} onChange={(rearm_s) => change({ rearm_s })} />
      </div>
      <Field label={t('editor.severity')}>
        {(described) => (
          <select {...described} className="select" value={rule.severity ?? ''} onChange={(event) => change({ severity: (event.target.value || undefined) as Severity | undefined })}>
            <option value="">{t('editor.usual', { severity: word('severity', defaultSeverity(rule.kind)) })}</option>
            {SEVERITIES.map((one) => <option key={one} value={one}>{word('severity', one)}</option>)}
          </select>
        )}
      </Field>
      {settable && rule.kind !== 'camera_offline' && <TryOut key={rule.id} camera={editor.camera.id} rule={rule} zones={draft.zones} wrong={wrong} />}
      <div className="item-foot">
        <button className="button quiet danger" onClick={() => editor.dispatch({ do: 'edit', make: (now) => removeRule(now, rule.id), select: null })}><Trash2 size={15} /> {t('editor.removeRule')}</button>
      </div>
    </div>
  )
}
