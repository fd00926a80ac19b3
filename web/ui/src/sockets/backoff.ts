// How long to wait before the next attempt: grows, with jitter, and starts afresh after a long good run.

export class Backoff {
  private failures = 0

  constructor(
    private readonly firstMs = 500,
    private readonly limitMs = 10_000,
    private readonly random: () => number = Math.random,
  ) {}

  /** The wait after a connection that lasted `livedMs` (0 when it never opened). */
  next(livedMs: number): number {
    if (livedMs > 30_000) this.failures = 0
    const full = Math.min(this.limitMs, this.firstMs * 2 ** this.failures)
    this.failures = Math.min(this.failures + 1, 16)
    // 115 dashboards must not come back in the same millisecond.
    return full * (0.5 + this.random() / 2)
  }

  reset(): void {
    this.failures = 0
  }
}
