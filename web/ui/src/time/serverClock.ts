// What time it is at the server. A picture's age must not depend on how wrong this computer's clock is.

export class ServerClock {
  private offsetMs = 0
  private errorMs = Infinity
  private measuredAt = 0

  constructor(private readonly local: () => number = Date.now) {}

  /**
   * A reply stamped `server` lay between `sent` and `received`: the middle is wrong by half the round trip at most.
   * The tightest measurement wins; it loosens by 1 ms a second so that a drifting or stepped clock is found again.
   */
  measure(sent: number, received: number, server: number): void {
    if (!Number.isFinite(server)) return
    const error = Math.max(1, (received - sent) / 2)
    const offset = server - (sent + received) / 2
    const loosened = this.errorMs + (received - this.measuredAt) / 1000
    const stepped = Math.abs(offset - this.offsetMs) > error + loosened
    if (error <= loosened || stepped) {
      this.offsetMs = offset
      this.errorMs = error
      this.measuredAt = received
    }
  }

  /** Milliseconds since 1970 by the server's clock. */
  now(): number {
    return this.local() + this.offsetMs
  }

  offset(): number {
    return this.offsetMs
  }
}

export const serverClock = new ServerClock()
