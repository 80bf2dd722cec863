/** How an app is tested: exact answers, exact faults, exact time; the SDK and every policy are the real ones. */
import { Fault, FaultServer, Organization, Reply, Script, VirtualClock } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { client, sort, Triage } from "./main.ts"

const apiKey = Redacted.make("sk-ant-test")
const says = (word: string) => Reply.json(200, Reply.message(word))

/** The app against a handler, without a socket, on a clock of its own. */
const against = <A>(
  handler: Reply.Handler,
  program: (seen: {
    readonly server: FaultServer.InProcess
    readonly clock: VirtualClock.VirtualClock
  }) => Effect.Effect<A, never, Triage>
) => {
  const clock = VirtualClock.make()
  return clock.run(Effect.gen(function*() {
    const server = yield* FaultServer.inProcess(handler)
    const claude = client({ apiKey, baseUrl: "http://claude.test", fetch: server.fetch })
    return yield* Effect.provide(program({ server, clock }), Triage.layer.pipe(Layer.provide(claude)))
  }))
}

describe("without a socket, on a virtual clock", () => {
  it("sorts by what Claude says, and asks for no more than a word", () =>
    against(Script.sequence([says("Billing"), says("perhaps bugs?")]), ({ server }) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* sort(["I was charged twice."]), ["billing"])
        assert.deepStrictEqual(yield* sort(["Hm."]), ["person"])
        const [first] = yield* server.requests
        assert.deepInclude(first?.json, { model: "claude-haiku-5-5", max_tokens: 8 })
      })))

  it("a limit of 30 seconds is waited out: nobody has to do the ticket by hand", () =>
    against(Script.sequence([Fault.rateLimited("requests", 30), says("bugs")]), ({ clock }) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* sort(["The button does nothing."]), ["bugs"])
        assert.isTrue(clock.now >= 30_000 && clock.now < 40_000)
      })))

  it("an outage of one model sends tickets to the other, an outage of all to a person within the deadline", () =>
    against(
      Script.make([
        Script.when(
          (request) => request.body.includes("claude-haiku-5-5"),
          Script.always(Fault.overloaded())
        )
      ], Script.sequence([says("billing")], Fault.overloaded())),
      ({ clock }) =>
        Effect.gen(function*() {
          assert.deepStrictEqual(yield* sort(["Refund, please."]), ["billing"])
          assert.deepStrictEqual(yield* sort(["Refund, please."]), ["person"])
          assert.isAtMost(clock.now, 2 * 120_000)
        })
    ))

  it("a thousand tickets against an account of 300 requests a minute: none is lost, few are refused", () =>
    against(Script.sequence([]), ({ clock, server }) =>
      Effect.gen(function*() {
        const limits = { requestsPerMinute: 300, inputTokensPerMinute: 1_000_000, outputTokensPerMinute: 100_000 }
        const account = yield* Organization.make({ limits })
        yield* server.setHandler(account.handler)
        yield* sort(Array.from({ length: 1000 }, (_, n) => `Ticket ${n}`))
        const { accepted, limited } = yield* account.stats
        assert.strictEqual(accepted, 1000)
        assert.isAtMost(limited, 10)
        assert.isAtLeast(clock.now, 2 * 60_000)
      })))
})

describe("over a socket", () => {
  it.live("the same program, unchanged, against a server of the test's own", () =>
    Effect.gen(function*() {
      const server = yield* FaultServer.FaultServer
      const claude = client({ apiKey, baseUrl: server.url })
      const queues = yield* sort(["I was charged twice."]).pipe(
        Effect.provide(Triage.layer.pipe(Layer.provide(claude)))
      )
      assert.deepStrictEqual(queues, ["bugs"])
      assert.deepStrictEqual((yield* server.requests).map(({ outcome, status }) => [outcome, status]), [
        ["reset", 200],
        ["sent", 200]
      ])
    }).pipe(
      Effect.provide(FaultServer.layer(Script.sequence([Fault.resetBeforeHeaders(says("lost")), says("bugs")])))
    ))
})
