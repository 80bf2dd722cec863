// @effect-diagnostics asyncFunction:off newPromise:off strictEffectProvide:off globalTimers:off globalDate:off
/**
 * Exact virtual time for programs that hop between Effect and promises (the SDK, an in-process `fetch`, file writes): the
 * earliest sleep is woken only when nothing can run: no Effect task queued, microtasks drained, no file request pending.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Scheduler from "effect/Scheduler"

interface Sleep {
  readonly at: number
  wake: (() => void) | undefined
}

/** Each driver keeps one immediate alive. */
let drivers = 0

export class VirtualClock implements Clock.Clock {
  /** Milliseconds since the start. */
  now = 0
  /** Descending, so that the earliest is last; equal times wake in order of registration. */
  private readonly sleeps: Array<Sleep> = []
  private queued = 0
  readonly currentTimeMillis = Effect.sync(() => this.now)
  readonly currentTimeNanos = Effect.sync(() => this.currentTimeNanosUnsafe())
  readonly monotonicTimeNanos = this.currentTimeNanos
  currentTimeMillisUnsafe = (): number => this.now
  currentTimeNanosUnsafe = (): bigint => BigInt(Math.round(this.now * 1e6))
  monotonicTimeNanosUnsafe = (): bigint => this.currentTimeNanosUnsafe()

  sleep(duration: Duration.Duration): Effect.Effect<void> {
    const millis = Duration.toMillis(duration)
    if (millis <= 0) return Effect.yieldNow
    if (millis === Infinity) return Effect.never
    return Effect.callback<void>((resume) => {
      const entry = this.at(millis, () => resume(Effect.void))
      return Effect.sync(() => {
        entry.wake = undefined
      })
    })
  }

  private at(millis: number, wake: () => void): Sleep {
    const entry: Sleep = { at: this.now + millis, wake }
    let low = 0
    let high = this.sleeps.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.sleeps[middle]!.at > entry.at) low = middle + 1
      else high = middle
    }
    this.sleeps.splice(low, 0, entry)
    return entry
  }

  /** This clock, and a scheduler that tells it when tasks are queued. */
  readonly layer: Layer.Layer<never> = Layer.effectContext(
    Effect.map(Scheduler.Scheduler, (parent) =>
      Context.make(Clock.Clock, this as Clock.Clock).pipe(
        Context.add(Scheduler.Scheduler, {
          executionMode: parent.executionMode,
          shouldYield: (fiber) => parent.shouldYield(fiber),
          makeDispatcher: () => {
            const dispatcher = parent.makeDispatcher()
            return {
              scheduleTask: (task, priority) => {
                this.queued++
                dispatcher.scheduleTask(() => {
                  this.queued--
                  task()
                }, priority)
              },
              flush: () => dispatcher.flush()
            }
          }
        })
      ))
  )

  private idle(): boolean {
    if (this.queued > 0) return false
    let immediates = 0
    for (const kind of process.getActiveResourcesInfo()) {
      if (kind === "Immediate" ? ++immediates >= drivers : /Req|WriteWrap|GetAddr/.test(kind)) return false
    }
    return true
  }

  /** Runs a program on this clock to its end; rejects when nothing sleeps and nothing can run. */
  async run<A, E>(effect: Effect.Effect<A, E>): Promise<A> {
    let done = false
    const result = Effect.runPromise(Effect.provide(effect, this.layer)).finally(() => {
      done = true
    })
    result.catch(() => {})
    drivers++
    for (;;) {
      await new Promise<void>((resolve) => setImmediate(resolve))
      if (done) break
      if (!this.idle()) continue
      let next = this.sleeps.pop()
      while (next !== undefined && next.wake === undefined) next = this.sleeps.pop()
      if (next === undefined) {
        drivers--
        throw new Error(`virtual time stands still at ${this.now} ms: nothing sleeps on the Clock`)
      }
      this.now = next.at
      next.wake?.()
    }
    drivers--
    return result
  }

  /** Puts `setTimeout` and `Date.now` on this clock, for the SDK's own timers; returns the way back. */
  takeTimers(): () => void {
    const { clearTimeout, setTimeout } = globalThis
    const { now } = Date
    const at = (run: (...args: Array<unknown>) => void, millis = 0, ...args: Array<unknown>): object =>
      Object.assign(this.at(Math.max(1, millis), () => run(...args)), { unref: () => {}, ref: () => {} })
    const clear = (timer: unknown): void => {
      if (typeof timer === "object" && timer !== null && "wake" in timer) timer.wake = undefined
    }
    Object.assign(globalThis, { setTimeout: at, clearTimeout: clear })
    Date.now = () => this.now
    return () => {
      Object.assign(globalThis, { setTimeout, clearTimeout })
      Date.now = now
    }
  }
}

/** A clock at zero. */
export const make = (): VirtualClock => new VirtualClock()
