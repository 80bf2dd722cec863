/** Every stack of policies, every fault, left at every phase of a call: nothing stays behind. */
import { Fault, Reply } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { ClaudeClient, ClaudeRateLimiter, Fallback, type Resilience } from "effect-claude"
import { type Harness, params, runHandler } from "./fixtures/harness.ts"

type Phase = "before" | "queued" | "running" | "waiting" | "hedging"
type Given = ClaudeClient.Options & Resilience.LayerOptions

const stacks: { readonly [name: string]: Given } = {
  "retry": {},
  "no retry": { maxAttempts: 1 },
  "hedge": { hedge: { warmUp: 2 } },
  "fallback": { fallback: Fallback.whenDown(["claude-haiku-5-5"]) },
  "all": { hedge: { warmUp: 2 }, fallback: Fallback.whenDown(["claude-haiku-5-5"]), limiter: { burst: 0.5 } }
}

const answer = Reply.stream(Reply.message("An answer that is long enough to be cut in its middle."))
/** An answer that is not there for ten minutes keeps a timer of the server for as long as its connection is open. */
const slow = Fault.slowFirstByte(600_000)(answer)
const faults: { readonly [name: string]: () => Reply.Reply } = {
  "529": Fault.overloaded,
  "500": Fault.internal,
  "429": () => Fault.rateLimited("requests", 30),
  "reset": () => Fault.resetBeforeHeaders(answer),
  "cut": () => Fault.cutAfterEvents(3)(answer),
  "empty": Fault.okEmpty
}

const create = ClaudeClient.createMessage(params, { stream: true })
const states = ClaudeRateLimiter.ClaudeRateLimiter.use((limiter) => limiter.state)

/** Sleeps nobody has cancelled: of policies and, for each open connection, of the server. */
const timers = (clock: Harness["clock"]): number => {
  const sleeps: unknown = Reflect.get(clock, "sleeps")
  assert(Array.isArray(sleeps))
  return sleeps.filter((sleep: { readonly wake: unknown }) => sleep.wake !== undefined).length
}

/** When the call is left, and how many requests it has sent by then. */
const phases: { readonly [P in Phase]: { readonly at: number; readonly sent: number } } = {
  before: { at: 0, sent: 0 },
  queued: { at: 500, sent: 0 },
  running: { at: 500, sent: 1 },
  waiting: { at: 1, sent: 1 },
  hedging: { at: 5000, sent: 2 }
}

const rows = Object.entries(stacks).flatMap(([stack, options]) =>
  Object.entries(faults).flatMap(([fault, broken]) =>
    (["before", "queued", "running", "waiting", "hedging"] as const)
      .filter((phase) => phase !== "hedging" || options.hedge !== undefined)
      .filter((phase) => phase !== "waiting" || (options.maxAttempts !== 1 && options.fallback === undefined))
      .map((phase) => ({ stack, options, fault, broken, phase }))
  )
)

describe("composition", () => {
  for (const { stack, options, fault, broken, phase } of rows) {
    it(`B6 D4 C6 ${stack}, after ${fault}, left ${phase}: no permit, timer, connection or request stays`, () => {
      let calm = true
      let once = false
      let count = 0
      const handler = (): Effect.Effect<Reply.Reply> =>
        Effect.sync(() => {
          if (once) {
            once = false
            return broken()
          }
          if (calm) return answer
          count++
          if (phase === "waiting") return broken()
          return slow
        })
      return runHandler(handler, ({ clock, seen }) =>
        Effect.gen(function*() {
          // Answers that begin at once let a hedge leave after its shortest delay, a second.
          for (let n = 0; n < 3; n++) yield* create
          if (phase !== "waiting") {
            once = true
            yield* Effect.exit(create)
            // What the fault left behind in limiter and budget is over: a pause lasts as long as its hint.
            if (fault === "429") yield* Effect.sleep("40 seconds")
          }
          calm = false
          const holder = phase === "queued" ? yield* Effect.forkChild(create, { startImmediately: true }) : undefined
          if (holder !== undefined) yield* Effect.sleep(100)
          const before = count
          const call = yield* Effect.forkChild(create, { startImmediately: phase !== "before" })
          if (phases[phase].at > 0) yield* Effect.sleep(phases[phase].at)
          assert.strictEqual(count - before, phases[phase].sent, "the phase is reached")
          if (phase === "queued") assert.strictEqual((yield* states).reduce((sum, one) => sum + one.queued, 0), 1)
          const left = clock.now
          yield* Fiber.interrupt(call)
          assert.strictEqual(clock.now, left, "it ends at once")
          const exit = call.pollUnsafe()
          assert.isTrue(exit !== undefined && Exit.hasInterrupts(exit))
          if (holder !== undefined) yield* Fiber.interrupt(holder)
          yield* Effect.sleep(1)
          for (const state of yield* states) assert.deepStrictEqual([state.inFlight, state.queued], [0, 0])
          // The client's bounds share one timer, lazily wound down; an open connection would be a second.
          assert.isAtMost(timers(clock), 1, "no timer of the call's own")
          const sent = (yield* seen).length
          yield* Effect.sleep("20 minutes")
          assert.lengthOf(yield* seen, sent, "no request later")
          assert.strictEqual(timers(clock), 0, "no timer at all")
        }), {
        ...options,
        ...(phase === "queued" ? { limiter: { ...options.limiter, concurrency: 1 }, hedge: false } : {})
      })
    })
  }
})
