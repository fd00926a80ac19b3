// What is said of a disk: how long footage is kept at most, and what makes it go before.
import { expect, it } from 'vitest'
import '../i18n'
import type { NodeStorage } from '../api/types'
import { storageFacts } from './NodeFacts'

const disk = { node: 'local', free_bytes: null, total_bytes: null, days_left: 0, days_kept: 0.6, days_wanted: 2, days_kept_by: 'disk' } as NodeStorage

it('calls the retention what it is, and names what limits it', () => {
  const facts = new Map(storageFacts(disk))
  expect([facts.get('node.kept'), facts.get('node.wanted'), facts.get('node.limit')]).toEqual(['0,6', '2 ngày', 'dung lượng ổ đĩa'])
  expect(new Map(storageFacts({ ...disk, days_kept_by: 'site:s1' })).get('node.limit')).toContain('s1')
})
it('names no limit where footage goes by age', () => {
  expect(storageFacts({ ...disk, days_kept: 8 }).map(([key]) => key)).not.toContain('node.limit')
})
