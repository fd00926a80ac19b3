// Whether the server is there, as the lasting socket knows it.
import { Store } from '../preferences/store'

export interface Connection {
  /** `doubtful`: silent for longer than it should be, not yet given up. `refused`: it is there, and will not have us. */
  state: 'connecting' | 'up' | 'doubtful' | 'down' | 'refused'
  /** Local time since when it is so; of a server that is lost or in doubt: when it was last heard. */
  since: number
}

export const connection = new Store<Connection>({ state: 'connecting', since: Date.now() })
