/**
 * Events of one answer: bytes in, typed events out, complete only with `message_stop`. Time counts while bytes are waited
 * for: a slow consumer slows the socket and is never taken for a silent server.
 */
import type * as Anthropic from "@anthropic-ai/sdk/resources/messages"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import type { Timeouts } from "../../policies/Timeouts.ts"
import { Accumulator } from "./accumulate.ts"
import { linger } from "./bounds.ts"
import type { Left } from "./continuation.ts"
import { isFields, parse } from "./fields.ts"
import type { Joiner } from "./joiner.ts"
import type { Opened } from "./sdk.ts"
import { type Sink, SseDecoder } from "./sse.ts"
import { Alarm, type Watchdog } from "./watchdog.ts"

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
  readonly late: (partial: ClaudeError.Partial | undefined) => ClaudeError.DeadlineExceeded
  /** Makes the events of a continuation those of the answer it goes on with. */
  readonly joiner?: Joiner | undefined
}

type Next = Effect.Effect<ReadonlyArray<Event> | undefined, StreamReason>

export class EventReader implements Sink {
  /** What this one request produced. */
  readonly accumulator = new Accumulator()
  private readonly decoder = new SseDecoder(this)
  private readonly opened: Opened
  private readonly context: ReaderContext
  private readonly alarm: Alarm
  private readonly idle: number
  private readonly pingsOnly: number
  private events: Array<Event> = []
  private failure: Effect.Effect<never, StreamReason> | undefined
  private draining = false
  private lingering = false
  private resume: ((effect: Next) => void) | undefined
  /** When the wait for bytes began, and the time waited since the last event. */
  private since = 0
  private quiet = 0

  constructor(opened: Opened, context: ReaderContext) {
    this.opened = opened
    this.context = context
    this.idle = Duration.toMillis(context.timeouts.idle)
    this.pingsOnly = Duration.toMillis(context.timeouts.pingsOnly)
    this.alarm = new Alarm(context.watchdog, context.now, this.onAlarm)
  }

  /** The next events, at least one; undefined after `message_stop`. Pings are life, not events. */
  readonly next: Next = this.pulling(false)

  /** Reads to `message_stop`; the events are in the accumulator only. */
  readonly drain: Next = this.pulling(true)

  private pulling(draining: boolean): Next {
    const leave = Effect.sync(() => {
      this.resume = undefined
      this.alarm.lift()
      this.opened.cancel()
    })
    return Effect.callback((resume) => {
      this.draining = draining
      this.resume = resume
      this.step()
      return leave
    })
  }

  /** Takes what is there, then waits for more. */
  private step(): void {
    const { context, opened } = this
    for (let chunk = opened.take?.(); chunk !== undefined; chunk = opened.take?.()) this.decode(chunk)
    if (this.settled()) return
    this.since = context.now()
    this.alarm.set(Math.min(this.idleAt, context.attemptEnds, context.deadline))
    opened.pull().then(this.onChunk, this.onThrown)
  }

  private get idleAt(): number {
    return this.since + Math.min(this.idle, this.pingsOnly - this.quiet)
  }

  private readonly onChunk = (chunk: Uint8Array | undefined): void => {
    if (this.resume === undefined) return
    this.quiet += this.context.now() - this.since
    if (chunk === undefined) this.fail(this.cut(this.accumulator.started ? "ended" : "empty"))
    else this.decode(chunk)
    this.step()
  }

  private decode(chunk: Uint8Array): void {
    this.decoder.push(chunk)
    if (this.decoder.overflow) this.fail(this.cut("reset", "an event or line is longer than 16 Mi characters"))
  }

  private readonly onThrown = (thrown: unknown): void => {
    if (this.resume === undefined) return
    const reason = this.context.failed(thrown)
    this.fail(reason === undefined || reason._tag === "ConnectionFailed" ? this.cut("reset") : reason)
    this.settled()
  }

  private readonly onAlarm = (): void => {
    if (this.resume === undefined) return
    const { attemptEnds, late, now, timeouts } = this.context
    const partial = this.accumulator.partial()
    if (now() >= this.idleAt) {
      this.fail(this.timedOut("idle", this.idle <= this.pingsOnly - this.quiet ? timeouts.idle : timeouts.pingsOnly))
    } else this.fail(now() >= attemptEnds ? this.timedOut("attempt", timeouts.attempt) : late(partial))
    this.opened.cancel()
    this.settled()
  }

  /** Answers whoever waits, with events before the failure that came after them. */
  private settled(): boolean {
    const { events, failure, resume } = this
    if (resume === undefined) return true
    const isOver = failure !== undefined || this.accumulator.complete
    if (this.accumulator.complete) this.linger()
    if (events.length === 0 && !isOver) return false
    this.resume = undefined
    if (events.length > 0) {
      this.events = []
      resume(Effect.succeed(events))
    } else {
      this.alarm.lift()
      resume(failure ?? Effect.undefined)
    }
    return true
  }

  /** After `message_stop`: the body comes to its end, so that its connection can be used again, or is cut soon. */
  private linger(): void {
    if (this.lingering) return
    this.lingering = true
    const { context, opened } = this
    const bound = context.watchdog.watch(linger, opened.cancel)
    const ended = (): void => bound.lift()
    const rest = (): void => {
      opened.pull().then((chunk) => chunk === undefined ? ended() : rest(), ended)
    }
    rest()
  }

  /** One event of the wire. */
  readonly frame = (name: string, text: string): void => {
    const { accumulator, context } = this
    if (this.failure !== undefined || accumulator.complete || name === "ping" || text === "") return
    const event = parse(text)
    if (!isFields(event)) return this.fail(this.cut("reset", "an event is no JSON object"))
    const type = event["type"]
    if (name === "error" || type === "error") {
      return this.fail(ClaudeError.fromStreamEvent(event, {
        header: this.opened.header,
        now: context.now(),
        partial: accumulator.partial(),
        secrets: context.secrets
      }))
    }
    if (type === "ping") return
    this.quiet = 0
    // A proxy that began again tells a second start; the message is still the first.
    if (type === "message_start" && accumulator.started) return
    accumulator.push(event)
    if (accumulator.broken !== undefined) return this.fail(this.cut("reset", accumulator.broken))
    if (context.joiner !== undefined) this.give(context.joiner.push(event, accumulator))
    // An event the SDK's types do not know yet is carried as it came.
    else if (!this.draining) this.events.push(event as unknown as Event)
  }

  private give(events: ReadonlyArray<object>): void {
    // They are events that came, with another index, and the mark of the seam.
    if (!this.draining) for (const event of events) this.events.push(event as unknown as Event)
  }

  private fail(reason: StreamReason): void {
    if (this.failure !== undefined || this.accumulator.complete) return
    this.failure = Effect.fail(reason)
    if (this.context.joiner !== undefined) this.give(this.context.joiner.flush())
  }

  /** The whole answer, this request's part of it or all. */
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
