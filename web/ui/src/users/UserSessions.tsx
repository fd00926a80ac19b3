// What somebody has open, for the administrator.
import { useTranslation } from 'react-i18next'
import { SessionList } from '../account/SessionList'
import type { User } from '../api/accounts'
import { Dialog } from '../controls/Dialog'

export function UserSessions({ user, onClose }: { user: User; onClose: () => void }) {
  const { t } = useTranslation()
  return (
    <Dialog open onClose={onClose} wide title={t('users.sessionsOf', { name: user.username })} description={t('users.sessionsText')}>
      <SessionList user={user.id} />
    </Dialog>
  )
}
