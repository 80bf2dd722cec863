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
import { SameDelta } from "./sameDelta.ts"
import type { Opened } from "./sdk.ts"
import { type Name, type Sink, SseDecoder } from "./sse.ts"
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
  /** Told of work that goes on although nobody waits for it. */
  readonly keepUntil: (work: Promise<unknown>) => void
  /** Makes the events of a continuation those of the answer it goes on with. */
  readonly joiner?: Joiner | undefined
}

/** One event at least. */
export type Events = readonly [Event, ...Array<Event>]

const isFilled = (events: ReadonlyArray<Event>): events is Events => events.length > 0

/** Chunks that are given at once at most, when they come faster than a consumer can be woken. */
const maxBatch = 64

export class EventReader implements Sink {
  /** What this one request produced. */
  readonly accumulator = new Accumulator()
  /** Why no more events come, once that is known. */
  failure: StreamReason | undefined
  private readonly decoder = new SseDecoder(this)
  private readonly same = new SameDelta()
  private readonly opened: Opened
  private readonly context: ReaderContext
  private readonly alarm: Alarm
  private readonly idle: number
  private readonly pingsOnly: number
  private events: Array<Event> = []
  private draining = false
  private reading = false
  private lingering = false
  private cancelled = false
  private wake: (() => void) | undefined
  /** Since when bytes are waited for, and the time waited since the last event. */
  private since = 0
  private quiet = 0
  /** Chunks since the consumer began to wait, and when the last look at them was. */
  private batch = 0
  private looked = 0
  private looking = false

  constructor(opened: Opened, context: ReaderContext) {
    this.opened = opened
    this.context = context
    this.idle = Duration.toMillis(context.timeouts.idle)
    this.pingsOnly = Duration.toMillis(context.timeouts.pingsOnly)
    this.alarm = new Alarm(context.watchdog, context.now, this.onAlarm)
  }

  /** Calls `wake` once there are events, or none will come any more. One waits at a time. */
  wait(wake: () => void): void {
    this.wake = wake
    this.batch = 0
    this.looked = 0
    this.since = this.context.now()
    this.step()
  }

  /** For a consumer that leaves while it waits. */
  readonly leave = Effect.sync(() => {
    this.wake = undefined
    this.alarm.lift()
    this.cancel()
  })

  /** Ends the request; its place in the limiter is kept until it has really ended. */
  cancel(): void {
    if (this.cancelled) return
    this.cancelled = true
    this.context.keepUntil(this.opened.cancel())
  }

  /** The events that came, undefined if there are none. Pings are life, not events. */
  take(): Events | undefined {
    const { events } = this
    if (!isFilled(events)) return undefined
    this.events = []
    return events
  }

  /** Waits for the first events, which stay to be taken. */
  readonly ready: Effect.Effect<void, StreamReason> = Effect.callback((resume) => {
    this.wait(() => resume(this.failure === undefined || this.events.length > 0 ? Effect.void : Effect.fail(this.failure)))
    return this.leave
  })

  /** Reads to `message_stop`; the events are in the accumulator only. */
  readonly drain: Effect.Effect<void, StreamReason> = Effect.callback((resume) => {
    this.draining = true
    this.wait(() => resume(this.failure === undefined ? Effect.void : Effect.fail(this.failure)))
    return this.leave
  })

  private get isOver(): boolean {
    return this.failure !== undefined || this.accumulator.complete
  }

  /** Takes what is there, then waits for more. */
  private step(): void {
    const { context, opened } = this
    for (let chunk = opened.take?.(); chunk !== undefined; chunk = opened.take?.()) this.decode(chunk)
    if (this.isOver || this.events.length > 0) return this.settle()
    this.alarm.set(Math.min(this.idleAt, context.attemptEnds, context.deadline))
    this.read()
  }

  private read(): void {
    if (this.reading) return
    this.reading = true
    this.opened.read(this.onChunk, this.onThrown)
  }

  private get idleAt(): number {
    return this.since + Math.min(this.idle, this.pingsOnly - this.quiet)
  }

  private readonly onChunk = (chunk: Uint8Array | undefined): void => {
    this.reading = false
    const isWaiting = this.wake !== undefined
    if (isWaiting) {
      const now = this.context.now()
      this.quiet += now - this.since
      this.since = now
    }
    if (chunk === undefined) this.fail(this.cut(this.accumulator.started ? "ended" : "empty"))
    else this.decode(chunk)
    if (!isWaiting) return
    if (this.isOver || this.events.length === 0 || ++this.batch >= maxBatch) return this.step()
    // Waking a consumer costs more than an event: what is here already comes along, read while nobody is kept waiting.
    this.read()
    if (!this.looking) this.look()
  }

  private readonly look = (): void => {
    this.looking = false
    if (this.wake === undefined || this.events.length === 0) return
    if (this.looked === this.batch) return this.settle()
    this.looked = this.batch
    this.looking = true
    void Promise.resolve().then(this.look)
  }

  private decode(chunk: Uint8Array): void {
    this.decoder.push(chunk)
    if (this.decoder.overflow) this.fail(this.cut("reset", "an event or line is longer than 16 Mi characters"))
  }

  private readonly onThrown = (thrown: unknown): void => {
    this.reading = false
    const reason = this.context.failed(thrown)
    this.fail(reason === undefined || reason._tag === "ConnectionFailed" ? this.cut("reset") : reason)
    this.settle()
  }

  private readonly onAlarm = (): void => {
    if (this.wake === undefined) return
    const { attemptEnds, late, now, timeouts } = this.context
    if (now() >= this.idleAt) {
      this.fail(this.timedOut("idle", this.idle <= this.pingsOnly - this.quiet ? timeouts.idle : timeouts.pingsOnly))
    } else {
      this.fail(now() >= attemptEnds ? this.timedOut("attempt", timeouts.attempt) : late(this.accumulator.partial()))
    }
    this.cancel()
    this.settle()
  }

  /** Answers whoever waits. */
  private settle(): void {
    const { wake } = this
    if (this.isOver) this.alarm.lift()
    if (this.accumulator.complete) this.linger()
    this.wake = undefined
    wake?.()
  }

  /** After `message_stop`: the body comes to its end, so that its connection can be used again, or is cut soon. */
  private linger(): void {
    if (this.lingering) return
    this.lingering = true
    const { context, opened } = this
    const bound = context.watchdog.watch(linger, opened.cancel)
    const ended = (): void => bound.lift()
    const rest = (): void => opened.read((chunk) => chunk === undefined ? ended() : rest(), ended)
    rest()
  }

  /** One event of the wire. */
  readonly frame = (name: Name, text: string): void => {
    const { accumulator, context } = this
    if (this.isOver || name === "ping" || text === "") return
    const same = this.same.read(text)
    const event = same ?? parse(text)
    if (!isFields(event)) return this.fail(this.cut("reset", "an event is no JSON object"))
    if (same === undefined) this.same.learn(text, event)
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
    if (this.isOver) return
    this.failure = reason
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
