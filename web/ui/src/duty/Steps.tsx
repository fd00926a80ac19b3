// The steps of escalation: by which ladder each severity climbs, about persons and about the system.
import { RotateCcw } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Problem } from '../api/client'
import { Failed, Skeletons, StaleNote } from '../controls/states'
import { tell } from '../controls/toasts'
import { useHeld } from '../rights/session'
import { useUnsaved } from '../shell/leaving'
import { usePermission } from '../shell/shellState'
import { putPolicy, readPolicy, usePolicyInForce } from './queries'
import { LadderCard } from './LadderCard'
import { refusal } from './said'
import { differences, equal, sound, withLadder } from './steps'
import { StepsQuarrel } from './StepsQuarrel'
import { GROUPS, SEVERITIES, type Policy, type PolicyInForce } from './types'

export function Steps() {
  const { t } = useTranslation()
  const manages = usePermission('duty.manage')
  const held = useHeld()
  const policy = usePolicyInForce()
  const may = manages && !held
  if (policy.isPending) return <Skeletons className="rows-loading padded" count={5} height={90} />
  if (!policy.data) return <Failed fill error={policy.error} what={t('steps.failed')} onRetry={() => void policy.refetch()} />
  return (
    <div className="duty-steps">
      {policy.isError && <StaleNote since={policy.dataUpdatedAt} onRetry={() => void policy.refetch()} />}
      <p className="secondary steps-about">{t('steps.about')} {!may && t('steps.readOnly')}</p>
      <Ladders inForce={policy.data} may={may} />
    </div>
  )
}

/** What somebody is at, and what it is made from. */
interface Edited {
  policy: Policy
  base: PolicyInForce
}

function Ladders({ inForce, may }: { inForce: PolicyInForce; may: boolean }) {
  const { t } = useTranslation()
  const [edited, setEdited] = useState<Edited | null>(null)
  const [theirs, setTheirs] = useState<PolicyInForce | null>(null)
  const [busy, setBusy] = useState(false)
  const shown = edited?.policy ?? inForce.policy
  const base = edited?.base ?? inForce
  const changed = differences(base.policy, shown)
  useUnsaved(changed.length > 0, () => setEdited(null))
  const put = (policy: Policy) => setEdited(equal(policy, base.policy) ? null : { policy, base })
  const wrong = GROUPS.some((group) => SEVERITIES.some((severity) => {
    const ladder = shown[group][severity]
    return ladder !== null && !sound(ladder)
  }))
  const save = async (policy: Policy, from: PolicyInForce, undone = false) => {
    setBusy(true)
    try {
      const revision = await putPolicy(policy, from.revision)
      setEdited(null)
      setTheirs(null)
      const undo = { label: t('action.undo'), run: () => void save(from.policy, { ...from, revision, policy }, true) }
      tell(t(undone ? 'steps.undone' : 'steps.saved'), 'done', undone ? null : undo)
    } catch (error) {
      if (error instanceof Problem && error.kind === 'changed') await quarrel(policy, from)
      else tell(refusal(error, t), 'breach')
    }
    setBusy(false)
  }
  const quarrel = async (policy: Policy, from: PolicyInForce) => {
    try {
      setEdited({ policy, base: from })
      setTheirs(await readPolicy())
    } catch (error) {
      tell(refusal(error, t), 'breach')
    }
  }
  return (
    <>
      {GROUPS.map((group) => (
        <section key={group} aria-labelledby={`steps-${group}`}>
          <h2 id={`steps-${group}`}>{t(`stepsGroup.${group}`)}</h2>
          <p className="secondary">{t(`stepsGroupText.${group}`)}</p>
          <div className="ladders">
            {SEVERITIES.map((severity) => (
              <LadderCard key={`${severity} ${base.revision}`} group={group} severity={severity} ladder={shown[group][severity]} may={may}
                changed={changed.some((one) => one.group === group && one.severity === severity)} onChange={(ladder) => put(withLadder(shown, group, severity, ladder))} />
            ))}
          </div>
        </section>
      ))}
      {may && (
        <div className="steps-bar">
          <button className="button" disabled={busy || equal(shown, inForce.default)} onClick={() => put(inForce.default)}><RotateCcw size={15} /> {t('steps.toDefault')}</button>
          <span className="secondary">{changed.length > 0 && t('steps.unsaved', { count: changed.length })}</span>
          {changed.length > 0 && <button className="button" disabled={busy} onClick={() => setEdited(null)}>{t('steps.drop')}</button>}
          <button className="button primary" disabled={busy || wrong || changed.length === 0} onClick={() => void save(shown, base)}>{t('action.save')}</button>
        </div>
      )}
      {theirs && edited && (
        <StepsQuarrel base={edited.base.policy} mine={edited.policy} theirs={theirs.policy} by={theirs.by ?? null} at={theirs.at ?? null} busy={busy} onClose={() => setTheirs(null)}
          onTheirs={() => {
            setEdited(null)
            setTheirs(null)
          }}
          onPut={(policy) => void save(policy, theirs)} />
      )}
    </>
  )
}
