// Whether the server is there, as the lasting socket knows it.
import { Store } from '../preferences/store'

export interface Connection {
  state: 'connecting' | 'up' | 'down'
  /** Local time at which the server was lost. */
  since: number
}

export const connection = new Store<Connection>({ state: 'connecting', since: Date.now() })
