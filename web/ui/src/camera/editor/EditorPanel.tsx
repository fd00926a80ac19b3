// Beside the picture: all zones, masks and rules of the camera, the chosen one open, and how saving goes.
import { ChevronDown, CircleAlert, Lock, Plus, Undo2, Users } from 'lucide-react'
import { useEffect, useRef, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { AlertMark } from '../../alerts/AlertMark'
import { Menu, MenuItem } from '../../controls/Menu'
import { Empty } from '../../controls/states'
import { word } from '../../i18n'
import { clock } from '../../time/format'
import { useIsClosed } from '../../rooms/openings'
import { pointsOf } from '../geometry'
import { kindsFor, rulesOn } from './draft'
import { MaskForm, WhoSees } from './MaskForm'
import { isMask } from './masks'
import { RuleForm } from './RuleForm'
import { SaveBar } from './SaveBar'
import { draftOf } from './state'
import type { Editor } from './useEditor'
import { defaultSeverity, ruleWords, zoneTitle } from './words'
import { ZoneForm } from './ZoneForm'
import { ZoneMark } from './ZoneMark'

export function EditorPanel({ editor, onDone }: { editor: Editor; onDone: () => void }) {
  const { t } = useTranslation()
  const { state, dispatch, faults } = editor
  const { selected } = state
  const draft = draftOf(state)
  const closed = useIsClosed()(editor.camera)
  const zone = selected && 'zone' in selected ? selected.zone : null
  const rule = selected && 'rule' in selected ? selected.rule : null
  const fresh = selected !== null && 'rule' in selected && selected.fresh === true
  const zones = draft.zones.filter((one) => !isMask(one))
  const masks = draft.zones.filter(isMask)
  const called = ruleWords(draft.rules, draft.zones)
  return (
    <aside className="editor-panel" aria-label={t('editor.title')}>
      <div className="editor-lists scrolls">
        {closed && <p className="editor-note"><Lock size={15} /> {t('editor.closedRoom')}</p>}
        {state.recovered !== null && (
          <p className="editor-note" role="status">
            <Undo2 size={15} /> <span>{t('editor.recovered', { time: clock(state.recovered, false) })}</span>
            <button className="button" onClick={() => dispatch({ do: 'discard' })}>{t('editor.discard')}</button>
          </p>
        )}
        {editor.overtaken && <p className="editor-note attention" role="alert"><Users size={15} /> {t('editor.overtaken')}</p>}
        {faults.tooMany && <p className="editor-note breach" role="alert"><CircleAlert size={15} /> {t('wrong.tooMany')}</p>}
        <section>
          <h2>{t('editor.zones')} <span className="secondary">{zones.length}</span></h2>
          {zones.length === 0 && <Empty title={t('editor.noZonesTitle')} text={t(closed ? 'editor.noZonesClosed' : 'editor.noZonesText')} icon={<ZoneMark kind="area" size={22} />} />}
          <ul className="items">
            {zones.map((one) => (
              <Item key={one.id} open={zone === one.id} wrong={faults.zones.has(one.id) && t(faults.old.zones.has(one.id) ? 'editor.redraw' : 'editor.wrong')} mark={<ZoneMark kind={one.kind} />} title={zoneTitle(one)}
                text={[word('zoneName', one.kind), t('editor.corners', { count: pointsOf(one).length }), t('editor.rulesOf', { count: rulesOn(draft, one.id).length })].join(' · ')}
                onToggle={() => dispatch({ do: 'select', selection: zone === one.id ? null : { zone: one.id, corner: null } })}>
                <ZoneForm zone={one} corner={selected && 'zone' in selected ? selected.corner : null} editor={editor} />
              </Item>
            ))}
          </ul>
        </section>
        <section>
          <h2>{t('masks.title')} <span className="secondary">{masks.length}</span></h2>
          {masks.length === 0 ? <Empty title={t('masks.none')} text={t(closed ? 'editor.noZonesClosed' : 'masks.noneText')} icon={<ZoneMark kind="mask" size={22} />} />
            : <p className="secondary mask-who"><WhoSees /></p>}
          <ul className="items">
            {masks.map((one) => (
              <Item key={one.id} open={zone === one.id} wrong={faults.zones.has(one.id) && t('editor.wrong')} mark={<ZoneMark kind="mask" />} title={zoneTitle(one)}
                text={t('editor.corners', { count: pointsOf(one).length })}
                onToggle={() => dispatch({ do: 'select', selection: zone === one.id ? null : { zone: one.id, corner: null } })}>
                <MaskForm mask={one} corner={selected && 'zone' in selected ? selected.corner : null} editor={editor} />
              </Item>
            ))}
          </ul>
        </section>
        <section>
          <h2>
            {t('editor.rules')} <span className="secondary">{draft.rules.length}</span>
            <Menu align="end" trigger={<button className="button add"><Plus size={15} /> {t('editor.addRule')}</button>}>
              {kindsFor(draft, closed).map((kind) => <MenuItem key={kind} onSelect={() => editor.addRule(kind)}>{word('kind', kind)}</MenuItem>)}
            </Menu>
          </h2>
          {draft.rules.length === 0 && <Empty title={t('editor.noRulesTitle')} text={t('editor.noRulesText')} icon={<i className="mark diamond" />} />}
          <ul className="items">
            {draft.rules.map((one) => (
              <Item key={one.id} open={rule === one.id} fresh={fresh && rule === one.id} wrong={faults.rules.has(one.id) && t(faults.old.rules.has(one.id) ? 'editor.amend' : 'editor.wrong')} mark={<AlertMark severity={one.severity ?? defaultSeverity(one.kind)} />}
                title={called.get(one.id)?.title ?? one.id} text={called.get(one.id)?.text ?? ''}
                onToggle={() => dispatch({ do: 'select', selection: rule === one.id ? null : { rule: one.id } })}>
                <RuleForm rule={one} editor={editor} />
              </Item>
            ))}
          </ul>
        </section>
      </div>
      <SaveBar editor={editor} onDone={onDone} />
    </aside>
  )
}

interface ItemProps {
  open: boolean
  /** Just made: its first field is where one goes on. */
  fresh?: boolean
  /** What is to be done, where it is not right. */
  wrong: string | false
  mark: ReactNode
  title: string
  text: string
  onToggle: () => void
  children: ReactNode
}

function Item({ open, fresh = false, wrong, mark, title, text, onToggle, children }: ItemProps) {
  const root = useRef<HTMLLIElement>(null)
  // Chosen in the picture or just made: what belongs to it is brought into view.
  useEffect(() => {
    const element = root.current
    if (!open || !element) return
    const room = Math.min(element.closest('.scrolls')?.clientHeight ?? 0, window.innerHeight)
    element.scrollIntoView({ block: fresh || element.offsetHeight > room * 0.6 ? 'start' : 'nearest' })
    if (fresh) element.querySelector<HTMLElement>('.item-body :is(select, input)')?.focus({ preventScroll: true })
  }, [open, fresh])
  return (
    <li ref={root} className="item" data-open={open} data-wrong={wrong !== false}>
      <button className="item-head" aria-expanded={open} onClick={onToggle}>
        <span className="item-mark">{mark}</span>
        <span className="item-text">
          <strong>{title}</strong>
          <span className="secondary">{text}</span>
        </span>
        {wrong && <span className="item-wrong"><CircleAlert size={14} /> {wrong}</span>}
        <ChevronDown size={15} className="item-chevron" />
      </button>
      {open && <div className="item-body">{children}</div>}
    </li>
  )
}
