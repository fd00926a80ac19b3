// Duty: the roster, and the steps by which alerts climb.
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { NotYours } from '../rights/NotYours'
import { PageTools } from '../shell/PageTools'
import { usePermission, useTitle } from '../shell/shellState'
import { Roster } from './Roster'
import { Steps } from './Steps'

export function DutyPage({ part }: { part: string | undefined }) {
  const { t } = useTranslation()
  useTitle(t('roster.page'))
  const steps = part === 'steps'
  if (!usePermission('duty.view')) return <NotYours permission="duty.view" title={t('roster.page')} />
  return (
    <div className="duty-page scrolls">
      <PageTools>
        <h1 className="desk-only">{t('roster.page')}</h1>
        <nav className="segmented duty-parts" aria-label={t('roster.page')}>
          <Link href="/duty" aria-current={steps ? undefined : 'page'}>{t('roster.tab')}</Link>
          <Link href="/duty/steps" aria-current={steps ? 'page' : undefined}>{t('steps.tab')}</Link>
        </nav>
      </PageTools>
      {steps ? <Steps /> : <Roster />}
    </div>
  )
}
