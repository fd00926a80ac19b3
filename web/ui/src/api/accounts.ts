// Accounts as the service tells of them: users, roles, sessions, tokens; what is read, and what a change answers.
import { useQuery } from '@tanstack/react-query'
import { get, Problem, request } from './client'
import { everything, queryClient } from './queries'
import type { Page } from './types'

export interface User {
  id: number
  username: string
  role: string
  /** Null: all, also those to come. */
  sites: string[] | null
  enabled: boolean
  created_at: string
  last_seen_at: string | null
  /** In force. */
  sessions: number
  tokens: number
}

/** With a password only where it was generated: it is told this once. */
export type UserMade = User & { password?: string }

export interface Role {
  role: string
  permissions: string[]
  /** Answers for the sites given, never for all. */
  of_sites: boolean
  /** Cannot be held to some sites. */
  of_all: boolean
}

export interface OpenSession {
  id: string
  created_at: string
  last_seen_at: string | null
  expires_at: string
  address: string | null
  agent: string | null
  current: boolean
}

export interface Token {
  id: string
  name: string
  permissions: string[]
  created_at: string
  expires_at: string
  last_used_at: string | null
}

const users = ['users'] as const
const sessions = ['sessions'] as const
const tokens = ['tokens'] as const
const segment = (id: string | number) => encodeURIComponent(String(id))
const again = (...keys: (readonly string[])[]) => keys.forEach((queryKey) => void queryClient.invalidateQueries({ queryKey }))

export const useUsers = (enabled = true) =>
  useQuery({ queryKey: users, queryFn: ({ signal }) => everything<User>('/api/users', signal), refetchInterval: 30_000, enabled })

export const useRoles = () =>
  useQuery({ queryKey: ['roles'], queryFn: async ({ signal }) => (await get<Page<Role>>('/api/roles', signal)).items, staleTime: 300_000 })

/** One's own, or a user's. */
export const useSessions = (user: number | null = null) =>
  useQuery({
    queryKey: [...sessions, user],
    queryFn: ({ signal }) => everything<OpenSession>('/api/sessions', signal, { user }),
    refetchInterval: 30_000,
  })

export const useTokens = () =>
  useQuery({ queryKey: tokens, queryFn: ({ signal }) => everything<Token>('/api/tokens', signal), refetchInterval: 60_000 })

export async function addUser(user: Pick<User, 'username' | 'role' | 'sites'>): Promise<UserMade> {
  const made = await request<UserMade>('POST', '/api/users', user)
  again(users)
  return made
}

export async function changeUser(id: number, change: Partial<Pick<User, 'role' | 'sites' | 'enabled'>> & { password?: 'generate' }): Promise<UserMade> {
  const made = await request<UserMade>('PATCH', `/api/users/${segment(id)}`, change)
  again(users, sessions)
  return made
}

/** What is gone already, is gone. */
async function remove(path: string): Promise<void> {
  try {
    await request('DELETE', path)
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 404) throw error
  }
}

/** How many could not be ended: the others are. */
export async function endSessions(ids: readonly string[]): Promise<number> {
  const done = await Promise.allSettled(ids.map((id) => remove(`/api/sessions/${segment(id)}`)))
  again(users, sessions)
  const failed = done.filter((one) => one.status === 'rejected')
  if (failed[0] && failed.length === ids.length) throw failed[0].reason
  return failed.length
}

export async function changePassword(current: string, next: string): Promise<void> {
  await request('PUT', '/api/session/password', { current, new: next })
  again(sessions)
}

/** `token` is told this once. */
export async function makeToken(token: { name: string; permissions: string[]; days: number }): Promise<Token & { token: string }> {
  const made = await request<Token & { token: string }>('POST', '/api/tokens', token)
  again(tokens)
  return made
}

export async function revokeToken(id: string): Promise<void> {
  await remove(`/api/tokens/${segment(id)}`)
  again(tokens)
}
