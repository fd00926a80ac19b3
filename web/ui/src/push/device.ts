// By what a browser's own channel is known among those of its owner: the address itself is told to nobody.

/** The first 16 hex digits of the SHA-256 of the subscription's address, as the server gives it (`device`). */
export async function tagOf(endpoint: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(endpoint))
  return [...new Uint8Array(digest)].slice(0, 8).map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
