// Adding somebody, or changing what somebody may do and where.
import { CircleAlert } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { addUser, changeUser, useRoles, type Role, type User, type UserMade } from '../api/accounts'
import { Dialog } from '../controls/Dialog'
import { Failed, Skeletons } from '../controls/states'
import { RoleChoice } from './RoleChoice'
import { refusal } from './said'
import { SitesChoice } from './SitesChoice'

/** As web/accounts/users.py has it. */
const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/

interface Props {
  /** Null: a new one. */
  user: User | null
  onClose: () => void
  onDone: (user: UserMade) => void
}

export function UserDialog({ user, onClose, onDone }: Props) {
  const { t } = useTranslation()
  const roles = useRoles()
  return (
    <Dialog open onClose={onClose} wide title={user ? t('users.changeOf', { name: user.username }) : t('users.add')}
      description={t(user ? 'users.changeText' : 'users.addText')}>
      {roles.data ? <Form user={user} roles={roles.data} onClose={onClose} onDone={onDone} />
        : roles.isError ? <Failed error={roles.error} what={t('users.rolesFailed')} onRetry={() => void roles.refetch()} />
          : <Skeletons count={6} height={44} />}
    </Dialog>
  )
}

function Form({ user, roles, onClose, onDone }: Props & { roles: Role[] }) {
  const { t } = useTranslation()
  const [name, setName] = useState(user?.username ?? '')
  const [chosen, setChosen] = useState(user?.role ?? '')
  const [sites, setSites] = useState(user?.sites ?? null)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState('')
  const role = roles.find((one) => one.role === chosen)
  const choose = (next: Role) => {
    setChosen(next.role)
    // A role of sites is given none by itself; one of all cannot be held to some.
    if (next.of_all) setSites(null)
    else if (next.of_sites && sites === null) setSites([])
  }
  const username = name.trim().toLowerCase()
  const wanting = !user && username === '' ? t('users.noName') : !user && !NAME.test(username) ? t('users.wrongName') : !role ? t('users.noRole') : sites?.length === 0 ? t('users.noSites') : ''
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (wanting) {
      setError(wanting)
      return
    }
    setBusy(true)
    setError('')
    try {
      onDone(user ? await changeUser(user.id, { role: chosen, sites }) : await addUser({ username, role: chosen, sites }))
    } catch (cause) {
      setError(refusal(cause, t))
      setBusy(false)
    }
  }
  return (
    <form className="user-form" onSubmit={(event) => void submit(event)}>
      {!user && (
        <div className="field">
          <label htmlFor="new-user" className="secondary">{t('login.username')}</label>
          <input id="new-user" className="input" aria-describedby="new-user-text" autoFocus autoComplete="off" autoCapitalize="none" spellCheck={false} maxLength={64} value={name} onChange={(event) => setName(event.target.value)} />
          <small id="new-user-text" className="secondary">{t('users.nameText')}</small>
        </div>
      )}
      <RoleChoice roles={roles} value={chosen} first={user !== null} onChoose={choose} />
      {role && <SitesChoice role={role} value={sites} onChange={setSites} />}
      {!user && <p className="secondary">{t('users.passwordText')}</p>}
      <div className="dialog-foot">
        {error && <p className="form-error" role="alert"><CircleAlert size={16} />{error}</p>}
        <button type="button" className="button" onClick={onClose}>{t('action.cancel')}</button>
        <button className="button primary" disabled={busy}>{t(user ? 'action.save' : 'users.add')}</button>
      </div>
    </form>
  )
}
