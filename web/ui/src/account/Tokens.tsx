// One's API tokens: what each may do and until when; one more, one less.
import { KeyRound, Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { revokeToken, useTokens, type Token } from '../api/accounts'
import { Confirm } from '../controls/Confirm'
import { Secret } from '../controls/Secret'
import { Empty, Failed, Skeletons, StaleNote } from '../controls/states'
import { tell } from '../controls/toasts'
import { inOrder, permissionWord } from '../rights/permissions'
import { date, moment } from '../time/format'
import { serverClock } from '../time/serverClock'
import { refusal } from '../users/said'
import { TokenDialog } from './TokenDialog'

/** As web/accounts/tokens.py has it. */
const MOST = 50
const SOON_MS = 7 * 86_400_000

export function Tokens({ own }: { own: readonly string[] }) {
  const { t } = useTranslation()
  const tokens = useTokens()
  const [making, setMaking] = useState(false)
  const [made, setMade] = useState<(Token & { token: string }) | null>(null)
  const [revoking, setRevoking] = useState<Token | null>(null)
  const revoke = async (token: Token) => {
    await revokeToken(token.id)
    setRevoking(null)
    tell(t('tokens.revoked', { name: token.name }))
  }
  return (
    <>
      <h2 className="with-button">{t('tokens.title')} <button className="button" disabled={(tokens.data?.length ?? 0) >= MOST} onClick={() => setMaking(true)}><Plus size={15} /> {t('tokens.make')}</button></h2>
      <p className="secondary">{t('tokens.text')} {(tokens.data?.length ?? 0) >= MOST && t('tokens.most', { count: MOST })}</p>
      {tokens.isError && tokens.data && <StaleNote since={tokens.dataUpdatedAt} onRetry={() => void tokens.refetch()} />}
      {tokens.isPending ? <Skeletons className="rows-loading" count={2} height={52} />
        : !tokens.data ? <Failed error={tokens.error} what={t('tokens.failed')} onRetry={() => void tokens.refetch()} />
          : tokens.data.length === 0 ? <Empty icon={<KeyRound size={24} strokeWidth={1.5} />} title={t('tokens.none')} text={t('tokens.noneText')} /> : (
            <ul className="rows">
              {tokens.data.map((token) => <Row key={token.id} token={token} onRevoke={() => setRevoking(token)} />)}
            </ul>
          )}
      {making && <TokenDialog own={own} onClose={() => setMaking(false)} onMade={(one) => {
        setMaking(false)
        setMade(one)
      }} />}
      {made && <Secret title={t('tokens.made', { name: made.name })} text={t('tokens.madeText')} secret={made.token} onClose={() => setMade(null)} />}
      {revoking && (
        <Confirm grave title={t('tokens.revokeOf', { name: revoking.name })} text={t('tokens.revokeText')} yes={t('tokens.revoke')}
          onYes={() => revoke(revoking)} refused={(error) => refusal(error, t)} onClose={() => setRevoking(null)} />
      )}
    </>
  )
}

function Row({ token, onRevoke }: { token: Token; onRevoke: () => void }) {
  const { t } = useTranslation()
  const left = Date.parse(token.expires_at) - serverClock.now()
  const over = left <= 0
  return (
    <li className="row" data-token={token.name} data-over={over}>
      <KeyRound size={18} strokeWidth={1.6} aria-hidden="true" />
      <span className="row-text">
        <b>{token.name} {left < SOON_MS && <span className="badge ended">{t(over ? 'tokens.over' : 'tokens.soon')}</span>}</b>
        <span>{inOrder(token.permissions).map(permissionWord).join(' · ')}</span>
        <span className="secondary">
          {t(over ? 'tokens.expired' : 'tokens.expires', { date: date(token.expires_at) })} · {token.last_used_at ? t('tokens.used', { time: moment(token.last_used_at, false) }) : t('tokens.unused')}
        </span>
      </span>
      <button className="button" aria-label={t('tokens.revokeOf', { name: token.name })} onClick={onRevoke}>{t('tokens.revoke')}…</button>
    </li>
  )
}
