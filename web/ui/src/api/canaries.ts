// The synthetic alert of each site that goes the whole way every few minutes: when it last did.
import { useQuery } from '@tanstack/react-query'
import { get } from './client'

export interface Canary {
  site: string
  node: string
  sent_at: string | null
  stored_at: string | null
  told_at: string | null
  pushed_at: string | null
  state: 'fresh' | 'late' | 'never'
}

export const useCanaries = (enabled: boolean) =>
  useQuery({
    queryKey: ['canaries'],
    queryFn: async ({ signal }) => (await get<{ items: Canary[] }>('/api/canaries', signal)).items,
    refetchInterval: 30_000,
    retry: false,
    enabled,
  })
