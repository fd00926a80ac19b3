// The line of time of one alert: what was found, who was called and reached, who took it on, who is next.
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { useAlert } from '../../api/queries'
import type { Alert } from '../../api/types'
import { word } from '../../i18n'
import { moment } from '../../time/format'
import { courseOf } from './course'
import { Next } from './Next'
import { Rung } from './Rung'

export function Course({ alert }: { alert: Alert }) {
  const { t } = useTranslation()
  const entries = courseOf(alert)
  // Who shares a chain is called by that one's.
  const leader = useAlert(alert.chain?.state === 'joined' ? (alert.group ?? null) : null).data
  const chain = (leader ?? alert).chain
  return (
    <section>
      <h3>{t('alerts.steps')}</h3>
      <ol className="steps course" data-severity={alert.severity}>
        {entries.map((entry, index) => entry.kind === 'rung' ? (
          <Rung key={`${entry.at}${index}`} call={entry.call} open={index === entries.length - 1 && chain?.state === 'running'} />
        ) : (
          <li key={`${entry.at}${index}`} data-kind={entry.step.kind}>
            <time dateTime={entry.at}>{moment(entry.at)}</time>
            <span>
              {word('step', entry.step.kind)}
              {entry.step.kind === 'joined' && alert.group && <> · <Link href={`/alerts/${encodeURIComponent(alert.group)}`}>{t('called.joinedWith')}</Link></>}
              {entry.step.by && <b> · {entry.step.by}</b>}
              {entry.stopped && <span className="secondary"> · {t('called.calledOff')}</span>}
              {entry.step.kind === 'called' ? entry.step.note && <b> · {word('calledAs', entry.step.note)}</b> : entry.step.note && <q>{entry.step.note}</q>}
            </span>
          </li>
        ))}
        <Next alert={leader ?? alert} shared={leader !== undefined} told={entries.some((entry) => entry.kind === 'step' && entry.stopped)} />
      </ol>
    </section>
  )
}
