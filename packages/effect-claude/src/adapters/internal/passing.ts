// @effect-diagnostics newPromise:off
/**
 * A streamed answer on its way through: every byte as it came, when it is asked for, while its events are followed. What
 * ends without `message_stop`, or stands still, breaks the body; it never just ends. What nobody has asked for within the
 * idle timeout is read all the same, so that the answer's place in the limiter is free once it has ended.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { linger, maxUnread } from "../../client/internal/bounds.ts"
import type { Fields } from "../../client/internal/fields.ts"
import { Inflow, type Late, type Target } from "../../client/internal/inflow.ts"
import type { Opened } from "../../client/internal/sdk.ts"
import { type Sink, SseDecoder } from "../../client/internal/sse.ts"
import { Alarm } from "../../client/internal/watchdog.ts"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import type { Answer } from "../../telemetry/internal/hook.ts"
import { FrameDecoder } from "./frames.ts"
import * as Reasons from "./reasons.ts"
import { Tally } from "./tally.ts"

/** Bytes that are held back at most until an answer has begun: 1 Mi. */
const maxHeld = 1024 * 1024

export interface Surroundings extends Reasons.Surroundings {
  readonly run: (effect: Effect.Effect<void>) => void
  /** Told once when nothing more will pass. */
  readonly closed: () => void
}

/** Bodies that were thrown away unread. A runtime may tell of them late or never: it is no more than an addition. */
const collected = typeof FinalizationRegistry === "undefined"
  ? undefined
  : new FinalizationRegistry<Passing>((passing) => passing.abandon(undefined))

interface Decoder {
  readonly push: (chunk: Uint8Array) => void
  readonly overflow: boolean
}

const decoderOf = (source: Opened, sink: Sink): Decoder =>
  /amazon/i.test(source.header("content-type") ?? "") ? new FrameDecoder(sink) : new SseDecoder(sink)

export class Passing implements Target {
  /** What broke it, as far as is known. */
  failure: Reasons.Failure | undefined
  private readonly tally: Tally
  private readonly inflow: Inflow
  private readonly decoder: Decoder
  private readonly reasons: Reasons.Reasons
  private readonly surroundings: Surroundings
  private readonly bound: { readonly lift: () => void }
  private pieces: Array<Uint8Array> = []
  /** Bytes of the pieces, of which the first were held back until it had begun. */
  private kept = 0
  private held = 0
  /** Rings when nobody has asked for more within the idle timeout. */
  private readonly unread: Alarm
  private reading = false
  /** What its reader is given as an error; undefined for an end. */
  private thrown: unknown
  private told = false
  private toldAt = Infinity
  private over = false
  private wake: (() => void) | undefined
  private readonly followed: Array<() => void> = []

  constructor(source: Opened, surroundings: Surroundings) {
    this.surroundings = surroundings
    this.tally = new Tally({
      event: () => this.onEvent(),
      error: (event) => this.onError(event),
      broken: (what) => this.break(this.reasons.broken(what))
    })
    this.reasons = new Reasons.Reasons(source, surroundings, this.tally)
    this.decoder = decoderOf(source, this.tally)
    const { began, deadline, lease, now, settings, watchdog } = surroundings
    const { attempt, idle, pingsOnly } = settings.timeouts
    const told = (): number => this.toldAt
    this.inflow = new Inflow(source, {
      watchdog,
      idle: Duration.toMillis(idle),
      quiet: Duration.toMillis(pingsOnly),
      // A body that has said its last word may take so long to end.
      get ends() {
        return told() + linger
      },
      keepUntil: (work) => lease.keepUntil(work)
    }, this)
    this.unread = new Alarm(watchdog, () => this.readOn())
    // Held also while nobody reads.
    const ends = Math.min(deadline, began + Duration.toMillis(attempt))
    this.bound = watchdog.watch(ends - now(), () => this.break(this.reasons.late(ends)))
  }

  get isFilled(): boolean {
    if (this.reading) return this.kept > maxUnread
    return this.pieces.length > 0 && this.tally.begun
  }

  get isOver(): boolean {
    return this.over
  }

  /** Its body is read to its own end, so that every byte of it passes. */
  readonly isComplete = false

  /** How it ended, once it is over: whole, broken, or left by its reader. */
  get exit(): Exit.Exit<Answer, Reasons.Failure> {
    if (this.tally.complete) return Exit.succeed(this.tally.answer)
    return this.failure === undefined ? Exit.interrupt() : Exit.fail(this.failure)
  }

  /** Waits until there is more than the message's beginning: before that it may be tried again. */
  readonly ready: Effect.Effect<void, Reasons.Failure> = Effect.callback((resume) => {
    this.wake = () => {
      this.wake = undefined
      resume(this.failure === undefined ? Effect.void : Effect.fail(this.failure))
    }
    this.inflow.wait(() => this.wake?.())
    return Effect.sync(() => this.abandon(undefined))
  })

  /** What is left of it, one read at a time. */
  get body(): ReadableStream<Uint8Array> {
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) =>
        new Promise((resolve) => {
          this.reading = false
          this.wake = () => {
            this.wake = undefined
            this.give(controller)
            resolve()
          }
          if (this.over) this.wake()
          else this.inflow.wait(() => this.wake?.())
        }),
      cancel: () => this.abandon(undefined)
    }, { highWaterMark: 0 })
    this.left()
    collected?.register(body, this)
    return body
  }

  private give(controller: ReadableStreamDefaultController<Uint8Array>): void {
    const { pieces } = this
    this.pieces = []
    this.kept = 0
    for (const piece of pieces) if (piece.length > 0) controller.enqueue(piece)
    if (!this.over) return this.left()
    if (this.thrown === undefined) controller.close()
    // An error takes what is queued with it: it waits until that was read.
    else if (pieces.length === 0) controller.error(this.thrown)
  }

  /** From now on nobody waits for it. */
  private left(): void {
    const { settings, watchdog } = this.surroundings
    if (!this.over) this.unread.set(watchdog.now() + Duration.toMillis(settings.timeouts.idle))
  }

  private readOn(): void {
    if (this.over || this.wake !== undefined) return
    this.reading = true
    this.inflow.wait(() => {
      this.reading = false
    })
  }

  take(chunk: Uint8Array): void {
    if (this.over) return
    this.pieces.push(chunk)
    this.kept += chunk.length
    if (!this.tally.begun) this.held += chunk.length
    if (!this.told) this.decoder.push(chunk)
    if (this.told || this.over) return
    if (this.decoder.overflow) this.break(this.reasons.broken("an event or line is longer than 16 Mi characters"))
    else if (this.held > maxHeld && !this.tally.begun) this.break(this.reasons.broken("no event in the first 1 MiB"))
  }

  end(): void {
    if (this.told) this.close(undefined)
    else this.break(this.reasons.ended())
  }

  fail(thrown: unknown): void {
    if (this.told) return this.close(undefined)
    this.break(this.reasons.thrown(thrown))
  }

  late(which: Late): void {
    if (this.told) return this.close(undefined)
    const { timeouts } = this.surroundings.settings
    this.break(this.reasons.idle(which === "quiet" ? timeouts.pingsOnly : timeouts.idle))
  }

  /** Its reader left, or everything ends: nothing of it is an error. `thrown`: what a reader that waits is told. */
  abandon(thrown: unknown): void {
    if (this.over) return
    const { lease, run } = this.surroundings
    run(this.inflow.leave)
    if (!this.told) {
      this.told = true
      run(lease.interrupt(this.tally.used()))
    }
    this.pieces = []
    this.wake = thrown === undefined ? undefined : this.wake
    this.close(thrown)
  }

  /** Its reader's signal ends it. */
  follow(signal: AbortSignal): void {
    if (signal.aborted) return this.abandon(signal.reason)
    const leave = (): void => this.abandon(signal.reason)
    signal.addEventListener("abort", leave, { once: true })
    this.followed.push(() => signal.removeEventListener("abort", leave))
  }

  private onEvent(): void {
    this.inflow.heard()
    if (this.tally.complete) this.tell(undefined)
  }

  /** Its reader sees the error as it came. */
  private onError(event: Fields): void {
    if (this.told) return
    this.failure = this.reasons.told(event)
    // With nothing shown there is nothing to wait for.
    if (this.tally.begun) this.tell(this.failure)
    else this.break(this.failure)
  }

  private tell(failure: Reasons.Failure | undefined): void {
    if (this.told) return
    this.told = true
    this.toldAt = this.surroundings.watchdog.now()
    const { lease, run } = this.surroundings
    run(failure === undefined ? lease.succeed(this.tally.used()) : lease.fail(failure))
  }

  private break(failure: Reasons.Failure): void {
    if (this.over) return
    if (this.told) return this.close(undefined)
    this.failure ??= failure
    // The place in the limiter is kept until the request has really ended.
    this.inflow.cancel()
    this.tell(failure)
    this.close(new TypeError("terminated", { cause: ClaudeError.mark(failure, { delivered: true, retried: true }) }))
  }

  private close(thrown: unknown): void {
    if (this.over) return
    this.over = true
    this.thrown = thrown
    this.bound.lift()
    this.unread.lift()
    for (const leave of this.followed) leave()
    this.surroundings.closed()
    this.wake?.()
  }
}
