// Short notices that go by themselves: what one did, with a way back where there is one, and what did not work.
import { CircleCheck, TriangleAlert } from 'lucide-react'
import { Store, useStore } from '../preferences/store'

interface Toast {
  id: number
  kind: 'done' | 'breach'
  text: string
  action: { label: string; run: () => void } | null
}

export const toasts = new Store<Toast[]>([])
let nextId = 1

const dismiss = (id: number) => toasts.set(toasts.get().filter((toast) => toast.id !== id))

/** Shows a notice; what comes back takes it away before its time. */
export function tell(text: string, kind: Toast['kind'] = 'done', action: Toast['action'] = null): () => void {
  const id = nextId++
  toasts.set([...toasts.get().slice(-2), { id, kind, text, action }])
  setTimeout(() => dismiss(id), action ? 12_000 : kind === 'done' ? 4000 : 9000)
  return () => dismiss(id)
}

export function Toasts() {
  const list = useStore(toasts)
  return (
    <div className="toasts" role="status" aria-live="polite">
      {list.map(({ id, kind, text, action }) => (
        <div key={id} className={`toast ${kind}`}>
          {kind === 'done' ? <CircleCheck size={17} /> : <TriangleAlert size={17} />}
          <span>{text}</span>
          {action && (
            <button className="button" onClick={() => {
              dismiss(id)
              action.run()
            }}>
              {action.label}
            </button>
          )}
        </div>
      ))}
    </div>
  )
}
