/** Why a streamed answer broke, with the usage it had by then. */
import type * as Duration from "effect/Duration"
import type { Fields } from "../../client/internal/fields.ts"
import type { Opened } from "../../client/internal/sdk.ts"
import type { Bounded } from "../../client/internal/within.ts"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import type { Tally } from "./tally.ts"

export type Failure = ClaudeError.RealReason | ClaudeError.DeadlineExceeded

export interface Surroundings extends Bounded {
  readonly secrets: () => ReadonlyArray<string>
  readonly failed: (thrown: unknown) => ClaudeError.RealReason | undefined
}

const hows = { ended: "ended before message_stop", reset: "was reset", empty: "was empty" }

export class Reasons {
  private readonly source: Opened
  private readonly surroundings: Surroundings
  private readonly tally: Tally

  constructor(source: Opened, surroundings: Surroundings, tally: Tally) {
    this.source = source
    this.surroundings = surroundings
    this.tally = tally
  }

  /** The error that an event of it tells. */
  told(event: Fields): ClaudeError.RealReason {
    const { now, secrets } = this.surroundings
    return ClaudeError.fromStreamEvent(event, {
      header: this.source.header,
      now: now(),
      partial: this.partial,
      secrets: secrets()
    })
  }

  thrown(thrown: unknown): Failure {
    const reason = this.surroundings.failed(thrown)
    return reason === undefined || reason._tag === "ConnectionFailed" ? this.cut("reset") : reason
  }

  ended(): Failure {
    return this.cut(this.tally.started ? "ended" : "empty")
  }

  broken(what: string): Failure {
    return this.cut("reset", what)
  }

  idle(after: Duration.Duration): Failure {
    return new ClaudeError.TimedOut({ phase: "idle", after, ...this.common })
  }

  /** `ends`: the instant that passed, of the attempt or of the whole call. */
  late(ends: number): Failure {
    const { deadline, settings, total } = this.surroundings
    return ends < deadline
      ? new ClaudeError.TimedOut({ phase: "attempt", after: settings.timeouts.attempt, ...this.common })
      : new ClaudeError.DeadlineExceeded({ deadline: total, partial: this.partial })
  }

  /** What had come reached its reader; what is kept of it is its usage. */
  private get partial(): ClaudeError.Partial | undefined {
    return this.tally.started ? { content: [], complete: 0, usage: this.tally.used() } : undefined
  }

  private get common() {
    const requestId = this.source.header("request-id") ?? this.source.header("x-amzn-requestid") ?? undefined
    return { requestId, partial: this.partial }
  }

  private cut(how: ClaudeError.StreamInterrupted["cut"], what?: string): ClaudeError.StreamInterrupted {
    const message = what === undefined ? `The stream ${hows[how]}.` : `The stream is broken: ${what}.`
    return new ClaudeError.StreamInterrupted({ message, cut: how, ...this.common })
  }
}
