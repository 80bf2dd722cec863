/** The one conversation of a process with Redis about one limit: one exchange at a time, and one timer for the next. */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import type { RedisLimit } from "./redisLimit.ts"
import { type Exchange, RedisSession } from "./redisSession.ts"

export interface GateSettings<E> {
  readonly limit: RedisLimit
  readonly clock: Clock.Clock
  readonly run: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
  readonly now: () => number
  /** Milliseconds after which a silent process gives its places back. */
  readonly lease: number
  /** Milliseconds after which a silent Redis is gone. */
  readonly timeout: number
  readonly fallTo: "local" | "closed"
  /** Fails when Redis is gone. */
  readonly call: (request: string) => Effect.Effect<ReadonlyArray<string>, E>
  /** Lets in by the local view. */
  readonly drain: () => void
  readonly gone: (cause: E) => Effect.Effect<void>
  readonly back: Effect.Effect<void>
}

/** While Redis is gone it is asked again after the timeout, then ever later, up to so many milliseconds. */
const mostPatience = 10_000

export interface Gate {
  /** Something has happened: somebody came or left, a call ended. */
  readonly kick: () => void
  /** Done when Redis has been heard once more, or is gone. */
  readonly refresh: Effect.Effect<void>
  readonly close: Effect.Effect<void>
}

export const makeGate = <E>(settings: GateSettings<E>): Gate => {
  const { clock, limit, now, run, timeout } = settings
  const session = new RedisSession(limit, settings.lease)
  let talking: Fiber.Fiber<void> | undefined
  let timer: Fiber.Fiber<void> | undefined
  let target = Infinity
  let closed = false
  let probeAt = 0
  let failures = 0
  let listeners: Array<() => void> = []

  const refuse = (): void => {
    const wait = Duration.millis(Math.max(0, probeAt - now()))
    for (const waiter of limit.waiters.candidates(limit.waiters.size)) {
      limit.waiters.remove(waiter)
      waiter.refuse(new ClaudeError.LimiterRejected({ why: "unavailable", wait }))
    }
  }
  const wait = (): number | undefined => {
    if (closed) return undefined
    if (limit.gate !== "redis") return Math.max(0, probeAt - now())
    return listeners.length > 0 ? 0 : session.wait(now())
  }
  const fail = (cause: E): Effect.Effect<void> =>
    Effect.suspend(() => {
      const patience = Math.min(mostPatience, timeout * 2 ** failures)
      failures++
      probeAt = now() + patience
      if (limit.gate !== "redis") return Effect.void
      limit.fall(settings.fallTo, now())
      return settings.gone(cause)
    })
  const exchange = Effect.gen(function*() {
    const heard = listeners
    listeners = []
    const said: Exchange = limit.gate === "redis" ? session.next(now()) : session.greet(now())
    const reply = yield* Effect.result(settings.call(said.text))
    const random = yield* Random.next
    if (Result.isFailure(reply)) yield* fail(reply.failure)
    else {
      if (limit.gate !== "redis") yield* settings.back
      limit.gate = "redis"
      failures = 0
      session.hear(said, reply.success, random, now())
    }
    for (const listener of heard) listener()
    if (limit.gate === "local") settings.drain()
    if (limit.gate === "closed") refuse()
  })
  const talk = Effect.gen(function*() {
    // Whatever else happens in this turn is said with it.
    yield* Effect.yieldNow
    while (wait() === 0) yield* exchange
    talking = undefined
    arm()
  })
  const arm = (): void => {
    const millis = wait()
    if (millis === undefined) return
    const at = now() + Math.ceil(millis)
    if (timer !== undefined && target <= at) return
    timer?.interruptUnsafe()
    target = at
    const set = run(Effect.flatMap(clock.sleep(Duration.millis(at - now())), () =>
      Effect.sync(() => {
        if (timer === set) timer = undefined
        kick()
      })))
    timer = set
  }
  const kick = (): void => {
    if (talking !== undefined) return
    if (wait() === 0) talking = run(talk)
    else arm()
  }
  return {
    kick: () => {
      if (limit.gate === "closed") refuse()
      if (limit.gate === "local") settings.drain()
      kick()
    },
    refresh: Effect.callback<void>((resume) => {
      if (limit.gate !== "redis" || closed) return resume(Effect.void)
      listeners.push(() => resume(Effect.void))
      kick()
    }),
    close: Effect.gen(function*() {
      closed = true
      timer?.interruptUnsafe()
      for (const listener of listeners) listener()
      const isThere = limit.gate === "redis"
      // One number, one exchange: the goodbye comes after the answer to what is on its way.
      if (talking !== undefined) yield* Fiber.await(talking)
      if (!isThere) return
      const end = now() + timeout
      while (!session.left) {
        const bye = session.leave(now(), now() >= end)
        if (bye === undefined) return
        const reply = yield* Effect.result(settings.call(bye.text))
        if (Result.isFailure(reply)) return
        session.hear(bye, reply.success, 0, now())
      }
    })
  }
}
