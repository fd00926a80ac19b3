// A role chosen among all, each with what it is for; of the chosen one, all that it permits.
import { Check } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { Role } from '../api/accounts'
import { word } from '../i18n'
import { inOrder, permissionWord } from '../rights/permissions'

export function RoleChoice({ roles, value, first, onChoose }: { roles: readonly Role[]; value: string; first: boolean; onChoose: (role: Role) => void }) {
  const { t } = useTranslation()
  const chosen = roles.find((role) => role.role === value)
  return (
    <fieldset className="field">
      <legend>{t('users.role')}</legend>
      <div className="roles">
        {roles.map((role) => (
          <label key={role.role} className="role" data-chosen={role.role === value}>
            <input type="radio" name="role" value={role.role} checked={role.role === value} autoFocus={first && role.role === value} onChange={() => onChoose(role)} />
            <span><b>{word('role', role.role)}</b> <small className="secondary">{word('roleText', role.role)}</small></span>
          </label>
        ))}
      </div>
      {chosen && (
        <details className="role-may">
          <summary>{t('users.may', { role: word('role', chosen.role), count: chosen.permissions.length })}</summary>
          <Permitted permissions={chosen.permissions} />
        </details>
      )}
    </fieldset>
  )
}

/** Each permission in words. */
export function Permitted({ permissions }: { permissions: readonly string[] }) {
  return (
    <ul className="permitted">
      {inOrder(permissions).map((one) => <li key={one}><Check size={14} aria-hidden="true" /> {permissionWord(one)}</li>)}
    </ul>
  )
}
