// A roster from a file: chosen or dropped, tried first; taken over only where nothing stands against it.
import { CircleAlert, Download, FileSpreadsheet, Upload } from 'lucide-react'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from '../controls/Dialog'
import { Skeletons } from '../controls/states'
import { tell } from '../controls/toasts'
import { kindOf, MOST_BYTES } from './files'
import { Preview } from './Preview'
import { importShifts } from './queries'
import { refusal } from './said'
import type { Imported } from './types'

export function ImportDialog({ template, onClose }: { template: string; onClose: () => void }) {
  const { t } = useTranslation()
  const input = useRef<HTMLInputElement>(null)
  const turn = useRef(0)
  const [over, setOver] = useState(false)
  const [file, setFile] = useState<{ name: string; blob: Blob } | null>(null)
  const [plan, setPlan] = useState<Imported | null>(null)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState('')
  const attempt = async (work: () => Promise<void>) => {
    const own = ++turn.current
    setBusy(true)
    setError('')
    try {
      await work()
    } catch (cause) {
      if (own === turn.current) setError(refusal(cause, t))
    }
    if (own === turn.current) setBusy(false)
  }
  const take = (chosen: File | undefined) => {
    if (!chosen) return
    const type = kindOf(chosen.name)
    setPlan(null)
    setFile(null)
    if (type === null || chosen.size > MOST_BYTES) {
      turn.current += 1
      setBusy(false)
      setError(t(type === null ? 'importing.wrongKind' : 'importing.tooLarge', { name: chosen.name }))
      return
    }
    // A copy of what it is now: a file that is saved meanwhile is not what was tried.
    void attempt(async () => {
      const own = turn.current
      const blob = new Blob([await chosen.arrayBuffer()], { type })
      const found = await importShifts(blob, true)
      if (own !== turn.current) return
      setFile({ name: chosen.name, blob })
      setPlan(found)
    })
  }
  const write = () => file && void attempt(async () => {
    const done = await importShifts(file.blob, false)
    if (done.problems.length > 0) {
      setPlan(done) // somebody else was quicker
      return
    }
    tell(t('importing.done', { count: done.added }))
    onClose()
  })
  const ready = plan !== null && plan.problems.length === 0 && plan.added > 0
  return (
    <Dialog open wide onClose={onClose} title={t('importing.title')} description={t('importing.text')}>
      <div className="drop" data-over={over}
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault()
          setOver(false)
          take(event.dataTransfer.files[0])
        }}>
        <FileSpreadsheet size={22} strokeWidth={1.5} aria-hidden="true" />
        <span className="cut">{file?.name ?? t('importing.drop')}</span>
        <input ref={input} type="file" hidden accept=".csv,.tsv,.txt,.xlsx" aria-label={t('importing.choose')} onChange={(event) => {
          take(event.target.files?.[0])
          event.target.value = '' // the same file again, mended, is a new choice
        }} />
        <button className="button" onClick={() => input.current?.click()}>{t(file ? 'importing.other' : 'importing.choose')}</button>
      </div>
      <a className="drop-template" href={template} download><Download size={14} aria-hidden="true" /> {t('importing.template')}</a>
      {busy && !plan && <Skeletons count={2} height={24} className="rows-loading" />}
      {plan && <Preview plan={plan} />}
      {error && <p className="form-error" role="alert"><CircleAlert size={16} />{error}</p>}
      <div className="dialog-foot">
        <button className="button" onClick={onClose}>{t('action.cancel')}</button>
        <button className="button primary" disabled={!ready || busy} onClick={write}><Upload size={15} /> {ready ? t('importing.write', { count: plan.added }) : t('importing.open')}</button>
      </div>
    </Dialog>
  )
}
