// One ladder: the sentence it says, and its rungs to be edited.
import { ArrowDown, ArrowUp, Plus, Trash2 } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { AlertMark } from '../alerts/AlertMark'
import type { Severity } from '../api/types'
import { word } from '../i18n'
import { Seconds } from './Seconds'
import { FRESH, LIMITS, moved, sound, unused, withRung, without } from './steps'
import { ladderSaid } from './stepsSaid'
import { DUTIES, type Duty, type Group, type Ladder, type Rung } from './types'

interface Props {
  group: Group
  severity: Severity
  ladder: Ladder | null
  changed: boolean
  may: boolean
  onChange: (ladder: Ladder | null) => void
}

export function LadderCard({ group, severity, ladder, changed, may, onChange }: Props) {
  const { t } = useTranslation()
  // Somebody is always called for the gravest about persons.
  const must = group === 'security' && severity === 'critical'
  return (
    <article className="ladder" data-changed={changed} aria-label={`${t(`stepsGroup.${group}`)} · ${word('severity', severity)}`}>
      <h3>
        <AlertMark severity={severity} /> <span>{word('severity', severity)}</span>
        {changed && <span className="badge acknowledged">{t('steps.changed')}</span>}
        {may && !must && (
          <label className="ladder-calls"><input type="checkbox" checked={ladder !== null} onChange={(event) => onChange(event.target.checked ? FRESH[group] : null)} /> {t('steps.calls')}</label>
        )}
      </h3>
      <p className="ladder-said" data-wrong={ladder !== null && !sound(ladder)} aria-live="polite">{ladder === null || sound(ladder) ? ladderSaid(ladder, t) : t('steps.wrong')}</p>
      {may && ladder && <Editor ladder={ladder} onChange={onChange} />}
    </article>
  )
}

function Editor({ ladder, onChange }: { ladder: Ladder; onChange: (ladder: Ladder) => void }) {
  const { t } = useTranslation()
  const put = (index: number, rung: Partial<Rung>) => onChange({ ...ladder, rungs: ladder.rungs.map((one, at) => (at === index ? { ...one, ...rung } : one)) })
  const free = unused(ladder)
  return (
    <div className="ladder-form">
      <ol data-head={t('steps.head')}>
        {ladder.rungs.map((rung, index) => (
          <li key={rung.duty}>
            <span className="rung-number">{index + 1}</span>
            <select className="select" aria-label={t('steps.who', { count: index + 1 })} value={rung.duty} onChange={(event) => put(index, { duty: event.target.value as Duty })}>
              {DUTIES.filter((duty) => duty === rung.duty || free.includes(duty)).map((duty) => <option key={duty} value={duty}>{word('duty', duty)}</option>)}
            </select>
            <Seconds label={t('steps.after', { count: index + 1 })} value={rung.after_s} limits={LIMITS.after} onChange={(after_s) => put(index, { after_s })} />
            <span className="rung-moves">
              <button type="button" className="button quiet icon" disabled={index === 0} aria-label={t('steps.up', { duty: word('duty', rung.duty) })} onClick={() => onChange(moved(ladder, index, -1))}><ArrowUp size={14} /></button>
              <button type="button" className="button quiet icon" disabled={index === ladder.rungs.length - 1} aria-label={t('steps.down', { duty: word('duty', rung.duty) })} onClick={() => onChange(moved(ladder, index, 1))}><ArrowDown size={14} /></button>
              <button type="button" className="button quiet icon" disabled={ladder.rungs.length === 1} aria-label={t('steps.remove', { duty: word('duty', rung.duty) })} onClick={() => onChange(without(ladder, index))}><Trash2 size={14} /></button>
            </span>
          </li>
        ))}
      </ol>
      {free.length > 0 && <button type="button" className="button rung-add" onClick={() => onChange(withRung(ladder))}><Plus size={14} /> {t('steps.add')}</button>}
      <div className="ladder-more">
        <span>
          <label><input type="checkbox" checked={ladder.repeat_s !== null} onChange={(event) => onChange({ ...ladder, repeat_s: event.target.checked ? 300 : null })} /> {t('steps.repeat')}</label>
          {ladder.repeat_s !== null && <Seconds label={t('steps.repeat')} value={ladder.repeat_s} limits={LIMITS.repeat} onChange={(repeat_s) => onChange({ ...ladder, repeat_s })} />}
        </span>
        <span>{t('steps.cooldown')} <Seconds label={t('steps.cooldown')} value={ladder.cooldown_s} limits={LIMITS.cooldown} onChange={(cooldown_s) => onChange({ ...ladder, cooldown_s })} /></span>
        <label><input type="checkbox" checked={ladder.until_over} onChange={(event) => onChange({ ...ladder, until_over: event.target.checked })} /> {t('steps.untilOver')}</label>
      </div>
    </div>
  )
}
