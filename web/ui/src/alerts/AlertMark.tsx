// The shape of an alert's severity (diamond, disc, square) and the badge of its state.
import { useTranslation } from 'react-i18next'
import type { AlertState, Severity } from '../api/types'
import { word } from '../i18n'

const SHAPES: Record<Severity, string> = { critical: 'diamond', warning: 'disc', info: 'square' }

export function AlertMark({ severity }: { severity: Severity }) {
  return <i className={`mark ${SHAPES[severity] ?? 'disc'}`} role="img" aria-label={word('severity', severity)} />
}

/** The badge of one that goes on has the colour of its severity. */
export function AlertBadge({ state, severity }: { state: AlertState; severity: Severity }) {
  const { t } = useTranslation()
  return <span className={`badge ${state}`} data-severity={severity}>{t(`alertState.${state}`)}</span>
}
