// In the place of a page that this account may not open: whose it is.
import { Lock } from 'lucide-react'
import { use } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from 'wouter'
import { Empty } from '../controls/states'
import { word } from '../i18n'
import { PageTools } from '../shell/PageTools'
import { SessionContext } from '../shell/shellState'
import { holdersOf, type Permission } from './permissions'

/** The sentence alone: "Only administrators may …" */
export function useWhose(permission: Permission): string {
  const { t } = useTranslation()
  return t('rights.whose', { who: holdersOf(permission), what: word('permission', permission) })
}

export function NotYours({ permission, title }: { permission: Permission; title: string }) {
  const { t } = useTranslation()
  const user = use(SessionContext)?.user
  return (
    <>
      <PageTools><h1>{title}</h1></PageTools>
      <Empty fill icon={<Lock size={26} strokeWidth={1.5} />} title={useWhose(permission)}
        text={t('rights.yours', { name: user?.username, role: word('role', user?.role) })}
        action={<Link className="button" href="/wall">{t('error.home')}</Link>} />
    </>
  )
}
