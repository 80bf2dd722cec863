import { Fault, Reply, type Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Logger } from "effect"
import { ClaudeClient, ClaudeTelemetry } from "effect-claude"
import { params, run } from "../fixtures/harness.ts"
import { observe } from "../fixtures/observed.ts"

const create = ClaudeClient.createMessage(params)
const hello: Script.Answer = (request) => Reply.forRequest(request, Reply.message("Hello!"))
const { model } = params
const times = <A>(n: number, value: A) => Array.from({ length: n }, () => value)

describe("H3 logs", () => {
  it("H3 a failed call is one structured line, a success and an interruption none", () =>
    observe([hello, ...times(2, Fault.overloaded())], ({ lines }) =>
      Effect.gen(function*() {
        yield* create
        const fiber = yield* Effect.forkChild(create, { startImmediately: true })
        yield* Fiber.interrupt(fiber)
        assert.isEmpty(lines)
        yield* Effect.flip(ClaudeClient.createMessage(params, { maxAttempts: 2 }))
        assert.strictEqual(lines.length, 1)
        const { annotations, level, message } = lines[0]!
        assert.strictEqual(level, "Warn")
        assert.strictEqual(message, "A call to Claude failed.")
        assert.deepInclude(annotations, {
          reason: "Overloaded",
          status: 529,
          model,
          method: "createMessage",
          attempts: 2,
          who: "anthropic",
          cause: "The API is overloaded; your limits are not the cause."
        })
        assert.match(String(annotations["requestId"]), /^req_/)
        assert.isAbove(Number(annotations["waitedSeconds"]), 0)
        assert.isAtLeast(Number(annotations["durationSeconds"]), Number(annotations["waitedSeconds"]))
      })))

  it("H3 what was refused before anything was sent is said too", () =>
    observe([], ({ lines }) =>
      Effect.gen(function*() {
        yield* Effect.flip(ClaudeClient.createMessage({ ...params, max_tokens: -1 }))
        assert.deepInclude(lines[0]?.annotations, { reason: "RequestRejected", attempts: 0, durationSeconds: 0 })
      })))
})

describe("H4 alerts", () => {
  it("H4 BillingBlocked and AccountOnHold are Errors with alert: true, each at most once a minute", () =>
    observe(
      [...times(3, Fault.billing()), Fault.onHold(), ...times(2, Fault.billing())],
      ({ events, lines }) =>
        Effect.gen(function*() {
          const fail = Effect.flip(create)
          yield* fail
          yield* fail
          yield* Effect.sleep("59 seconds")
          yield* fail
          yield* fail
          assert.deepStrictEqual(
            lines.map(({ annotations, level }) => [level, annotations["reason"], annotations["alert"]]),
            [
              ["Error", "BillingBlocked", true],
              ["Warn", "BillingBlocked", undefined],
              ["Warn", "BillingBlocked", undefined],
              ["Error", "AccountOnHold", true]
            ]
          )
          yield* Effect.sleep("1 seconds")
          yield* fail
          yield* fail
          assert.deepStrictEqual(lines.slice(4).map(({ level }) => level), ["Error", "Warn"])
          assert.deepInclude(lines[0]?.annotations, { status: 402, who: "billing", model, attempts: 1 })
          yield* Effect.sleep("1 millis")
          assert.deepStrictEqual(
            events.flatMap((event) => event._tag === "Alert" ? [event.reason] : []),
            ["BillingBlocked", "AccountOnHold", "BillingBlocked"]
          )
        })
    ))

  it("H4 a gauge says so until a call succeeds", () =>
    observe([Fault.billing(), Fault.billing(), hello], ({ metrics }) =>
      Effect.gen(function*() {
        const blocked = Effect.map(metrics, (seen) => seen.get("effect_claude_alert{reason=\"BillingBlocked\"}"))
        assert.strictEqual(yield* blocked, 0)
        yield* Effect.flip(create)
        yield* Effect.flip(create)
        assert.strictEqual(yield* blocked, 1)
        yield* create
        assert.strictEqual(yield* blocked, 0)
      })))

  it("H4 the hook is told beside the call, whatever becomes of the hook", () => {
    const told: Array<ClaudeTelemetry.Alert> = []
    return observe(
      [Fault.billing(), Fault.onHold(), Fault.billing()],
      ({ lines }, { clock }) =>
        Effect.gen(function*() {
          // The hook never ends for the first, fails for the second, throws for the third.
          const error = yield* Effect.flip(create)
          assert.strictEqual(error.reason._tag, "BillingBlocked")
          assert.strictEqual(clock.now, 0)
          yield* Effect.flip(create)
          yield* Effect.sleep("61 seconds")
          yield* Effect.flip(create)
          yield* Effect.sleep("1 millis")
          assert.deepStrictEqual(told.map(({ reason, who }) => [reason, who]), [
            ["BillingBlocked", "billing"],
            ["AccountOnHold", "admin"],
            ["BillingBlocked", "billing"]
          ])
          const failures = lines.filter(({ message }) => message.startsWith("The onAlert hook failed."))
          assert.strictEqual(failures.length, 3)
          assert.isFalse(failures.some(({ message }) => message.includes("sk-ant-hook-secret")))
        }),
      {
        telemetry: {
          onAlert: (alert) => {
            told.push(alert)
            if (told.length === 3) throw new Error("thrown with sk-ant-hook-secret")
            return told.length === 1 ? Effect.never : Effect.fail("the pager is down")
          }
        }
      }
    )
  })

  it("H4 a program that ends with the alert still gives it, and does not wait for ever", () => {
    const ended = (hook: Effect.Effect<unknown>) =>
      run([Fault.billing()], ({ clock }) =>
        Effect.gen(function*() {
          let paged = false
          const onAlert = () => Effect.andThen(hook, Effect.sync(() => paged = true))
          yield* Effect.flip(create).pipe(Effect.provide(ClaudeTelemetry.layer({ onAlert })))
          return [paged, clock.now]
        }).pipe(Effect.provide(Logger.layer([]))))
    return Effect.runPromise(Effect.gen(function*() {
      assert.deepStrictEqual(yield* Effect.promise(() => ended(Effect.sleep("5 seconds"))), [true, 5000])
      assert.deepStrictEqual(yield* Effect.promise(() => ended(Effect.never)), [false, 10_000])
    }))
  })

  it("H4 an alert that a fallback hides is given all the same", () =>
    observe([Fault.overloaded(), Fault.billing()], ({ lines }) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(ClaudeClient.createMessage(params, { maxAttempts: 1 }))
        assert.strictEqual(error.reason._tag, "Overloaded")
        assert.deepStrictEqual(lines.map(({ annotations }) => [annotations["reason"], annotations["alert"]]), [
          ["BillingBlocked", true],
          ["Overloaded", undefined]
        ])
      }), { fallback: { Overloaded: ["claude-haiku-5-5"] } }))
})
