/** Events of one answer: bytes in, typed events out, complete only with `message_stop`. */
import type * as Anthropic from "@anthropic-ai/sdk/resources/messages"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import type { Timeouts } from "../../policies/Timeouts.ts"
import { Accumulator } from "./accumulate.ts"
import { guarded } from "./guarded.ts"
import type { Opened } from "./sdk.ts"
import { type Frame, SseDecoder } from "./sse.ts"
import type { Watchdog } from "./watchdog.ts"

export type Event = Anthropic.RawMessageStreamEvent
export type StreamReason = ClaudeError.RealReason | ClaudeError.DeadlineExceeded

export interface ReaderContext {
  readonly watchdog: Watchdog
  readonly timeouts: Timeouts
  readonly now: () => number
  readonly secrets: ReadonlyArray<string>
  readonly failed: (thrown: unknown) => ClaudeError.RealReason | undefined
  /** When the attempt's own bound passes, as an instant. */
  readonly attemptEnds: number
  /** The call's deadline as an instant, and the error for it. */
  readonly deadline: number
  readonly late: () => ClaudeError.DeadlineExceeded
}

type Fields = Record<string, unknown>

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export class EventReader {
  readonly accumulator = new Accumulator()
  private readonly decoder = new SseDecoder()
  private readonly opened: Opened
  private readonly context: ReaderContext
  private lastEvent: number
  private failure: StreamReason | undefined

  constructor(opened: Opened, context: ReaderContext) {
    this.opened = opened
    this.context = context
    this.lastEvent = context.now()
  }

  /** The next events, at least one; undefined after `message_stop`. Pings are life, not events. */
  readonly next: Effect.Effect<ReadonlyArray<Event> | undefined, StreamReason> = Effect.suspend(() => {
    if (this.failure !== undefined) return Effect.fail(this.failure)
    if (this.accumulator.complete) return Effect.succeed(undefined)
    return Effect.flatMap(this.pull, (chunk) => {
      if (chunk === undefined) return Effect.fail(this.cut(this.accumulator.started ? "ended" : "empty"))
      const events = this.decode(chunk)
      return events.length > 0 ? Effect.succeed(events) : this.next
    })
  })

  private readonly pull: Effect.Effect<Uint8Array | undefined, StreamReason> = Effect.suspend(() => {
    const { context, opened } = this
    const idle = Duration.toMillis(context.timeouts.idle)
    const left = context.deadline - context.now()
    const attemptLeft = context.attemptEnds - context.now()
    return guarded<Uint8Array | undefined, StreamReason>({
      watchdog: context.watchdog,
      millis: Math.min(idle, left, attemptLeft),
      late: () => {
        if (left < Math.min(idle, attemptLeft)) return context.late()
        return attemptLeft < idle
          ? this.timedOut("attempt", context.timeouts.attempt)
          : this.timedOut("idle", context.timeouts.idle)
      },
      start: opened.pull,
      stop: opened.cancel,
      failed: (thrown) => {
        const reason = context.failed(thrown)
        return reason === undefined || reason._tag === "ConnectionFailed" ? this.cut("reset") : reason
      }
    })
  })

  private decode(chunk: Uint8Array): Array<Event> {
    const events: Array<Event> = []
    for (const frame of this.decoder.push(chunk)) {
      if (this.failure !== undefined || this.accumulator.complete) break
      this.frame(frame, events)
    }
    if (this.decoder.overflow) this.failure ??= this.cut("reset", "a line of the stream was longer than 16 MB")
    return events
  }

  private frame(frame: Frame, events: Array<Event>): void {
    const now = this.context.now()
    if (frame.event === "ping" || frame.data === "") {
      if (now - this.lastEvent > Duration.toMillis(this.context.timeouts.pingsOnly)) {
        this.failure = this.timedOut("idle", this.context.timeouts.pingsOnly)
      }
      return
    }
    const data = parse(frame.data)
    if (typeof data !== "object" || data === null || Array.isArray(data)) {
      this.failure = this.cut("reset", "an event of the stream is no JSON object")
      return
    }
    const event: Fields = { ...data }
    if (frame.event === "error" || event["type"] === "error") {
      this.failure = ClaudeError.fromStreamEvent(event, {
        header: this.opened.header,
        now,
        partial: this.accumulator.partial(),
        secrets: this.context.secrets
      })
      return
    }
    if (event["type"] === "ping") return
    this.lastEvent = now
    this.accumulator.push(event)
    // An event the SDK's types do not know yet is carried as it came.
    events.push(event as unknown as Event)
  }

  private get requestId(): string | undefined {
    return this.opened.header("request-id") ?? undefined
  }

  private cut(how: ClaudeError.StreamInterrupted["cut"], what?: string): ClaudeError.StreamInterrupted {
    const text = { ended: "ended before message_stop", reset: "was reset", empty: "was empty" }
    return new ClaudeError.StreamInterrupted({
      message: what === undefined ? `The stream ${text[how]}.` : `The stream is broken: ${what}.`,
      cut: how,
      requestId: this.requestId,
      partial: this.accumulator.partial()
    })
  }

  private timedOut(phase: "idle" | "attempt", after: Duration.Duration): ClaudeError.TimedOut {
    return new ClaudeError.TimedOut({
      phase,
      after,
      requestId: this.requestId,
      partial: this.accumulator.partial()
    })
  }
}
