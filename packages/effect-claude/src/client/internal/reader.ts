/** Events of one answer: bytes in, typed events out, complete only with `message_stop`. */
import type * as Anthropic from "@anthropic-ai/sdk/resources/messages"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import type { Timeouts } from "../../policies/Timeouts.ts"
import { Accumulator } from "./accumulate.ts"
import { maxStream } from "./bounds.ts"
import type { Left } from "./continuation.ts"
import { isFields, parse } from "./fields.ts"
import { Inflow, type Late, type Target } from "./inflow.ts"
import type { Joiner } from "./joiner.ts"
import { SameDelta } from "./sameDelta.ts"
import type { Opened } from "./sdk.ts"
import { faultOf } from "./shape.ts"
import { type Name, type Sink, SseDecoder } from "./sse.ts"
import type { Watchdog } from "./watchdog.ts"

export type Event = Anthropic.RawMessageStreamEvent
/** One event at least. */
export type Events = readonly [Event, ...Array<Event>]
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
  readonly late: (partial: ClaudeError.Partial | undefined) => ClaudeError.DeadlineExceeded
  /** Told of work that goes on although nobody waits for it. */
  readonly keepUntil: (work: Promise<unknown>) => void
  /** Makes the events of a continuation those of the answer it goes on with. */
  readonly joiner?: Joiner | undefined
}

const isNotEmpty = (events: ReadonlyArray<Event>): events is Events => events.length > 0

export class EventReader implements Sink, Target {
  /** What this one request produced. */
  readonly accumulator = new Accumulator()
  /** Why no more events come, once that is known. */
  failure: StreamReason | undefined
  readonly inflow: Inflow
  private readonly decoder = new SseDecoder(this)
  private readonly same = new SameDelta()
  private readonly opened: Opened
  private readonly context: ReaderContext
  private events: Array<Event> = []
  private draining = false
  /** Bytes so far. */
  private size = 0

  constructor(opened: Opened, context: ReaderContext) {
    const { attemptEnds, deadline, keepUntil, now, timeouts, watchdog } = context
    this.opened = opened
    this.context = context
    this.inflow = new Inflow(opened, {
      watchdog,
      idle: Duration.toMillis(timeouts.idle),
      quiet: Duration.toMillis(timeouts.pingsOnly),
      ends: watchdog.now() + Math.min(attemptEnds, deadline) - now(),
      keepUntil
    }, this)
  }

  /** The events that came, undefined if there are none. Pings are life, not events. */
  given(): Events | undefined {
    const { events } = this
    if (!isNotEmpty(events)) return undefined
    this.events = []
    return events
  }

  /** Waits for the first events, which stay to be taken. */
  readonly ready: Effect.Effect<void, StreamReason> = this.waiting(() => this.isFilled)

  /** Reads to `message_stop`; the events are in the accumulator only. */
  readonly drain: Effect.Effect<void, StreamReason> = Effect.suspend(() => {
    this.draining = true
    return this.waiting(() => false)
  })

  private waiting(isEnough: () => boolean): Effect.Effect<void, StreamReason> {
    return Effect.callback((resume) => {
      this.inflow.wait(() => resume(this.failure === undefined || isEnough() ? Effect.void : Effect.fail(this.failure)))
      return this.inflow.leave
    })
  }

  get isFilled(): boolean {
    return this.events.length > 0
  }

  get isComplete(): boolean {
    return this.accumulator.complete
  }

  get isOver(): boolean {
    return this.failure !== undefined || this.accumulator.complete
  }

  take(chunk: Uint8Array): void {
    this.size += chunk.length
    if (this.size > maxStream) return this.broken(this.cut("reset", "the answer is longer than 256 MiB"))
    this.decoder.push(chunk)
    if (this.decoder.overflow) this.broken(this.cut("reset", "an event or line is longer than 16 Mi characters"))
  }

  end(): void {
    this.broken(this.cut(this.accumulator.started ? "ended" : "empty"))
  }

  fail(thrown: unknown): void {
    const reason = this.context.failed(thrown)
    this.broken(reason === undefined || reason._tag === "ConnectionFailed" ? this.cut("reset") : reason)
  }

  late(which: Late): void {
    const { attemptEnds, deadline, late, timeouts } = this.context
    if (which === "idle") this.broken(this.timedOut("idle", timeouts.idle))
    else if (which === "quiet") this.broken(this.timedOut("idle", timeouts.pingsOnly))
    else if (attemptEnds <= deadline) this.broken(this.timedOut("attempt", timeouts.attempt))
    else this.broken(late(this.accumulator.partial()))
  }

  /** One event of the wire. */
  frame(name: Name, text: string): void {
    const { accumulator, context } = this
    if (this.isOver || name === "ping" || text === "") return
    const same = this.same.read(text)
    const event = same ?? parse(text)
    if (!isFields(event)) return this.broken(this.cut("reset", "an event is no JSON object"))
    if (same === undefined) this.same.learn(text, event)
    const type = event["type"]
    if (name === "error" || type === "error") {
      return this.broken(ClaudeError.fromStreamEvent(event, {
        header: this.opened.header,
        now: context.now(),
        partial: accumulator.partial(),
        secrets: context.secrets
      }))
    }
    if (type === "ping") return
    const fault = same === undefined ? faultOf(event) : undefined
    if (fault !== undefined) return this.broken(this.cut("reset", fault))
    this.inflow.heard()
    // A proxy that began again tells a second start; the message is still the first.
    if (type === "message_start" && accumulator.started) return
    accumulator.push(event)
    if (accumulator.broken !== undefined) return this.broken(this.cut("reset", accumulator.broken))
    if (context.joiner !== undefined) this.show(context.joiner.push(event, accumulator))
    // An event the SDK's types do not know yet is carried as it came.
    else if (!this.draining) this.events.push(event as unknown as Event)
  }

  private show(events: ReadonlyArray<object>): void {
    // They are events that came, with another index, and the mark of the seam.
    if (!this.draining) { for (const event of events) this.events.push(event as unknown as Event) }
  }

  private broken(reason: StreamReason): void {
    if (this.isOver) return
    this.failure = reason
    if (this.context.joiner !== undefined) this.show(this.context.joiner.flush())
  }

  /** The whole answer, whether this request brought all of it or a part. */
  get whole(): Accumulator {
    return this.context.joiner?.whole ?? this.accumulator
  }

  /** What arrived in all, with the usage of all requests. */
  get partial(): ClaudeError.Partial | undefined {
    return this.context.joiner?.partial(this.accumulator) ?? this.accumulator.partial()
  }

  /** What is there to go on from, after `reason`; undefined once the API has said how the answer ended. */
  left(reason: string): Left | undefined {
    const { accumulator, whole } = this
    if (!whole.started || (reason !== "max_tokens" && accumulator.stopReason !== null)) return undefined
    return {
      start: whole.begun,
      arrived: whole.arrived,
      marks: whole.marks,
      usage: accumulator.rawUsage,
      used: accumulator.used(),
      reason
    }
  }

  private get common() {
    return { requestId: this.opened.header("request-id") ?? undefined, partial: this.accumulator.partial() }
  }

  private cut(how: ClaudeError.StreamInterrupted["cut"], what?: string): ClaudeError.StreamInterrupted {
    const text = { ended: "ended before message_stop", reset: "was reset", empty: "was empty" }
    const message = what === undefined ? `The stream ${text[how]}.` : `The stream is broken: ${what}.`
    return new ClaudeError.StreamInterrupted({ message, cut: how, ...this.common })
  }

  private timedOut(phase: "idle" | "attempt", after: Duration.Duration): ClaudeError.TimedOut {
    return new ClaudeError.TimedOut({ phase, after, ...this.common })
  }
}
