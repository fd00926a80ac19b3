// Another password for somebody: asked first, because it ends whatever that person has open.
import { useTranslation } from 'react-i18next'
import { changeUser, type User, type UserMade } from '../api/accounts'
import { Confirm } from '../controls/Confirm'
import { refusal } from './said'

export function NewPassword({ user, onClose, onDone }: { user: User; onClose: () => void; onDone: (made: UserMade) => void }) {
  const { t } = useTranslation()
  return (
    <Confirm title={t('users.newPasswordOf', { name: user.username })} text={t('users.newPasswordText')} yes={t('users.newPasswordYes')}
      onYes={async () => onDone(await changeUser(user.id, { password: 'generate' }))} refused={(error) => refusal(error, t)} onClose={onClose} />
  )
}
