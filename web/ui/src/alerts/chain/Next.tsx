// Where the calling stands: who is next and when, or how it came to its end. The last line of the course.
import { useTranslation } from 'react-i18next'
import type { Alert } from '../../api/types'
import { useOnDuty, usePolicyInForce } from '../../duty/queries'
import { hasWord, word } from '../../i18n'
import { usePermission } from '../../shell/shellState'
import { useNow } from '../../shell/ticking'
import { moment } from '../../time/format'
import { countdown, nextOf, onDutyAt } from './course'

/** `told`: the step that stopped it says so. `shared`: it is the chain of another, which this alert has joined. */
export function Next({ alert, told, shared }: { alert: Alert; told: boolean; shared: boolean }) {
  const { t } = useTranslation()
  const { chain } = alert
  switch (chain?.state) {
    case 'due':
    case 'running':
      return <Coming alert={alert} />
    case 'exhausted':
      return <Line kind="exhausted" grave><strong>{t('called.exhausted')}</strong> {t('called.exhaustedText')}</Line>
    case 'stopped':
      return told ? null : <Line kind="stopped">{chain.by ? t('called.stoppedBy', { by: hasWord('stoppedBy', chain.by) ? word('stoppedBy', chain.by) : chain.by }) : t('called.stopped')}</Line>
    case 'quiet':
      return shared ? <Line kind="stopped">{t('called.stoppedBy', { by: t('stoppedBy.quiet') })}</Line> : null
    case 'none':
      return <Line kind="none">{t('called.none')}</Line>
    default:
      // What is joined is told by the one that it joined; alerts from before have no chain.
      return null
  }
}

/** Whom is told to who may see the roster. */
function Coming({ alert }: { alert: Alert }) {
  return usePermission('duty.view') ? <Known alert={alert} /> : <Due alert={alert} next={null} people={[]} />
}

function Known({ alert }: { alert: Alert }) {
  const next = nextOf(alert, usePolicyInForce().data?.policy)
  const now = useOnDuty().data ?? []
  return <Due alert={alert} next={next} people={next ? onDutyAt(alert.site, next.duty, now) : []} />
}

function Due({ alert, next, people }: { alert: Alert; next: ReturnType<typeof nextOf>; people: readonly string[] }) {
  const { t } = useTranslation()
  const now = useNow()
  const at = alert.chain?.next_at ?? null
  const left = at === null ? null : Date.parse(at) - now
  const whom = next ? `${word('calledAs', next.duty)}${people.length > 0 ? ` (${people.join(', ')})` : ''}` : ''
  return (
    <Line kind="next" at={at}>
      {left === null || left <= 0 ? t('called.now') : (
        <>
          {next ? t(next.again ? 'called.againIn' : 'called.nextIn', { whom }) : t('called.soon')} <b className="countdown" role="timer">{countdown(left)}</b>
          <span className="secondary"> {t('called.unless')}</span>
        </>
      )}
    </Line>
  )
}

function Line({ kind, at = null, grave = false, children }: { kind: string; at?: string | null; grave?: boolean; children: React.ReactNode }) {
  return (
    <li data-kind={kind} role={grave ? 'alert' : undefined}>
      {at ? <time dateTime={at}>{moment(at)}</time> : <span />}
      <span>{children}</span>
    </li>
  )
}
