// A dialog: title, text, whatever is inside, a way out by key, click and button.
import * as Radix from '@radix-ui/react-dialog'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useOpener } from './opener'

export function Dialog(props: {
  open: boolean
  onClose: () => void
  title: string
  description?: string
  wide?: boolean
  children: ReactNode
}) {
  const { t } = useTranslation()
  const { keep, giveBack } = useOpener(props.open)
  return (
    <Radix.Root open={props.open} onOpenChange={(open) => !open && props.onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="scrim" />
        <Radix.Content ref={keep} onCloseAutoFocus={giveBack} className={props.wide ? 'dialog wide' : 'dialog'} {...(props.description ? {} : { 'aria-describedby': undefined })}>
          <div className="dialog-head">
            <div>
              <Radix.Title asChild>
                <h2>{props.title}</h2>
              </Radix.Title>
              {props.description && <Radix.Description className="secondary">{props.description}</Radix.Description>}
            </div>
            <Radix.Close className="button quiet icon" aria-label={t('action.close')}>
              <X size={16} />
            </Radix.Close>
          </div>
          {props.children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
