// Who has an account: role, sites, when last seen; adding, changing, disabling.
import { UserPlus, Users } from 'lucide-react'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { connection } from '../api/connection'
import { useUsers, type User, type UserMade } from '../api/accounts'
import { Empty, Failed, Skeletons, StaleNote } from '../controls/states'
import { Secret } from '../controls/Secret'
import { tell } from '../controls/toasts'
import { word } from '../i18n'
import { useStore } from '../preferences/store'
import { NotYours } from '../rights/NotYours'
import { PageTools } from '../shell/PageTools'
import { plain } from '../shell/plainText'
import { usePermission, useTitle } from '../shell/shellState'
import { useShortcuts } from '../shell/shortcuts'
import { NewPassword } from './NewPassword'
import { UserDialog } from './UserDialog'
import { UserRow, type UserAction } from './UserRow'
import { UserSessions } from './UserSessions'

export function UsersPage() {
  const { t } = useTranslation()
  useTitle(t('nav.users'))
  return usePermission('user.manage') ? <Accounts /> : <NotYours permission="user.manage" title={t('nav.users')} />
}

type Opened = { what: 'add' } | { what: UserAction; user: User }

function Accounts() {
  const { t } = useTranslation()
  const users = useUsers()
  const lost = useStore(connection).state === 'down'
  const [text, setText] = useState('')
  const [open, setOpen] = useState<Opened | null>(null)
  const [told, setTold] = useState<{ name: string; password: string; fresh: boolean } | null>(null)
  const add = () => setOpen({ what: 'add' })
  useShortcuts({ n: add })
  // Who may not come in is not looked for first.
  const all = useMemo(() => [...(users.data ?? [])].sort((a, b) => Number(b.enabled) - Number(a.enabled) || a.username.localeCompare(b.username)), [users.data])
  const shown = all.filter((user) => plain(`${user.username} ${word('role', user.role)}`).includes(plain(text)))
  const close = () => setOpen(null)
  const done = (made: UserMade, fresh: boolean) => {
    close()
    if (made.password) setTold({ name: made.username, password: made.password, fresh })
    else tell(t('users.changed', { name: made.username }))
  }
  return (
    <div className="people-page scrolls">
      <PageTools>
        <h1>{t('nav.users')}</h1>
        <input className="input people-find" type="search" aria-label={t('users.find')} placeholder={t('users.find')} value={text} onChange={(event) => setText(event.target.value)} />
        <button className="button primary" aria-label={t('users.add')} onClick={add}><UserPlus size={15} /> <span className="desk-only">{t('users.add')}</span> <kbd>N</kbd></button>
      </PageTools>
      {users.isError && users.data && !lost && <StaleNote since={users.dataUpdatedAt} onRetry={() => void users.refetch()} />}
      {users.isPending ? <Skeletons className="rows-loading padded" count={6} height={56} />
        : !users.data ? <Failed fill error={users.error} what={t('users.failed')} onRetry={() => void users.refetch()} />
          : shown.length === 0 ? (
            <Empty fill icon={<Users size={26} strokeWidth={1.5} />} title={t(text ? 'users.noneFound' : 'users.none')} text={t(text ? 'users.noneFoundText' : 'users.noneText')}
              action={text ? <button className="button" onClick={() => setText('')}>{t('users.showAll')}</button> : <button className="button primary" onClick={add}>{t('users.add')}</button>} />
          ) : (
            <table className="people" data-stale={lost}>
              <thead>
                <tr>{['name', 'role', 'sites', 'seen', 'inUse'].map((name) => <th key={name} scope="col">{t(`usersColumn.${name}`)}</th>)}<th><span className="visually-hidden">{t('usersColumn.actions')}</span></th></tr>
              </thead>
              <tbody>
                {shown.map((user) => <UserRow key={user.id} user={user} onAct={(what) => setOpen({ what, user })} />)}
              </tbody>
            </table>
          )}
      {open?.what === 'add' && <UserDialog user={null} onClose={close} onDone={(made) => done(made, true)} />}
      {open?.what === 'change' && <UserDialog user={open.user} onClose={close} onDone={(made) => done(made, false)} />}
      {open?.what === 'password' && <NewPassword user={open.user} onClose={close} onDone={(made) => done(made, false)} />}
      {open?.what === 'sessions' && <UserSessions user={open.user} onClose={close} />}
      {told && <Secret title={t('users.passwordOf', { name: told.name })} text={t(told.fresh ? 'users.passwordFresh' : 'users.passwordNew')} secret={told.password} onClose={() => setTold(null)} />}
    </div>
  )
}
