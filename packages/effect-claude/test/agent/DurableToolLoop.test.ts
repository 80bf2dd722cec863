/** The durable loop on the engine in memory; on databases see `durable.test.ts`. */
import { Reply } from "@effect-claude/fault-server"
import { assert, beforeAll, describe, it, vi } from "@effect/vitest"
import { Effect, Fiber, Layer, Option, Ref } from "effect"
import { DurableToolLoop, ToolJournal, ToolLoop } from "effect-claude"
import { WebCrypto } from "effect/crypto"
import { WorkflowEngine } from "effect/workflow"
import { createHash } from "node:crypto"
import { agent, handlers, options, results } from "../fixtures/durable.ts"
import { handler } from "../fixtures/durableModel.ts"
import { type Harness, runHandler } from "../fixtures/harness.ts"

// Databases sync to disks, and disks may be busy.
vi.setConfig({ testTimeout: 30_000 })

// The virtual clock waits for nothing that goes on outside of Effect and promises: files read, digests in a thread.
beforeAll(() => Effect.runPromise(Effect.scoped(Layer.build(ToolJournal.layerWorkflow))))
const digests = {
  ...globalThis.crypto,
  subtle: {
    ...globalThis.crypto.subtle,
    digest: (_: unknown, bytes: Uint8Array) =>
      Promise.resolve(new Uint8Array(createHash("sha256").update(bytes).digest()).buffer)
  }
  // A cast, because only the digest is used.
} as unknown as typeof globalThis.crypto

/** Output tokens of an answer of the fault server. */
const usage = Reply.message("").usage.output_tokens

interface World {
  readonly harness: Harness
  readonly begun: Effect.Effect<ReadonlyArray<string>>
}

const inMemory = <A, E>(
  program: (world: World) => Effect.Effect<A, E, WorkflowEngine.WorkflowEngine>,
  loop: DurableToolLoop.Options = {},
  onBegin: (id: string) => Effect.Effect<void> = () => Effect.void
) =>
  runHandler(handler, (harness) =>
    Effect.gen(function*() {
      const log = yield* Ref.make<ReadonlyArray<string>>([])
      const begin = (id: string) => Effect.andThen(Ref.update(log, (ids) => [...ids, id]), onBegin(id))
      return yield* program({ harness, begun: Ref.get(log) }).pipe(
        Effect.provide(
          DurableToolLoop.layer(agent, loop).pipe(
            Layer.provide(handlers(begin)),
            Layer.provideMerge(WorkflowEngine.layerMemory)
          )
        ),
        Effect.provideService(WebCrypto.WebCrypto, digests)
      )
    }))

/** Asks until a run waits or has ended. */
const settled = (runId: string) =>
  Effect.gen(function*() {
    while (true) {
      const outcome = yield* DurableToolLoop.poll(agent, runId)
      if (Option.isSome(outcome)) return outcome.value
      yield* Effect.sleep("1 second")
    }
  })

const waiting = Effect.fnUntraced(function*(runId: string) {
  const outcome = yield* settled(runId)
  assert.strictEqual(outcome._tag, "NeedsApproval")
  return outcome._tag === "NeedsApproval" ? outcome : yield* Effect.die("it does not wait")
})

describe("DurableToolLoop", () => {
  it("runs to an outcome, and one run id is one run", () =>
    inMemory(({ begun, harness }) =>
      Effect.gen(function*() {
        assert.isTrue(Option.isNone(yield* DurableToolLoop.poll(agent, "r")))
        const both = yield* Effect.all(
          [DurableToolLoop.execute(agent, options("r")), DurableToolLoop.execute(agent, options("r"))],
          { concurrency: "unbounded" }
        )
        const again = yield* DurableToolLoop.execute(agent, options("r", "another prompt"))
        const polled = yield* DurableToolLoop.poll(agent, "r")
        for (const outcome of [...both, again, Option.getOrThrow(polled)]) {
          assert.strictEqual(outcome._tag, "Finished")
          assert.strictEqual(outcome.runId, "r")
          assert.deepStrictEqual(results(outcome), {
            "look-1": "look look-1",
            "pay-1": "pay pay-1",
            "put-1": "put put-1",
            "send-1": "send send-1",
            "pay-2": "pay pay-2",
            "pay-3": "pay pay-3"
          })
        }
        assert.lengthOf(yield* begun, 6)
        assert.lengthOf(yield* harness.seen, 4)
        yield* DurableToolLoop.execute(agent, options("another run"))
        assert.lengthOf(yield* harness.seen, 8)
      })
    ))

  it("what is known before the first request fails the run, and is kept", () =>
    inMemory(({ harness }) =>
      Effect.gen(function*() {
        const bad = { ...options("r"), limits: { turns: -1 } }
        const limits = yield* Effect.flip(DurableToolLoop.execute(agent, bad))
        assert.strictEqual(limits._tag, "InvalidLimits")
        assert.strictEqual((yield* Effect.flip(DurableToolLoop.poll(agent, "r")))._tag, "InvalidLimits")
        const money = yield* Effect.flip(DurableToolLoop.execute(agent, { ...options("m"), limits: { usd: 1 } }))
        assert.strictEqual(money._tag, "UnknownPrice")
        const long = yield* Effect.flip(DurableToolLoop.execute(agent, options("x".repeat(257))))
        assert.strictEqual(long._tag, "JournalFailed")
        assert.lengthOf(yield* harness.seen, 0)
      })
    ))

  it("waits for approvals, each decided once, and goes on with what was decided first", () =>
    inMemory(({ begun, harness }) =>
      Effect.gen(function*() {
        yield* DurableToolLoop.start(agent, options("r", "ask"))
        const whole = yield* Effect.forkChild(DurableToolLoop.execute(agent, options("r", "ask")))
        const first = yield* waiting("r")
        assert.deepStrictEqual(first.pending.calls.map(({ id }) => id), ["ask-1"])
        const undecided = yield* Effect.flip(DurableToolLoop.decide(agent, first, {}))
        assert.strictEqual(undecided._tag, "UndecidedCalls")
        const elsewhere = new ToolLoop.NeedsApproval({ ...first, runId: "another run" })
        const unknown = yield* Effect.flip(DurableToolLoop.decide(agent, elsewhere, { "ask-1": "approve" }))
        assert.strictEqual(unknown._tag, "UnknownRun")
        // It holds nothing while it waits, and time does not end it.
        yield* Effect.sleep("3 days")
        assert.deepStrictEqual(yield* waiting("r"), first)
        assert.deepStrictEqual(yield* DurableToolLoop.decide(agent, first, { "ask-1": "approve" }), {
          "ask-1": "approve"
        })
        assert.isTrue(Option.isNone(yield* DurableToolLoop.poll(agent, "r")))
        assert.deepStrictEqual(yield* DurableToolLoop.decide(agent, first, { "ask-1": "deny" }), { "ask-1": "approve" })
        yield* Effect.sleep("1 minute")

        const second = yield* waiting("r")
        assert.deepStrictEqual(second.pending.calls.map(({ id }) => id), ["ask-2", "ask-3"])
        yield* DurableToolLoop.decide(agent, second, { "ask-2": { deny: "Not today." }, "ask-3": "approve" })
        // The decision of an approval that is over is what it was.
        assert.deepStrictEqual(yield* DurableToolLoop.decide(agent, first, { "ask-1": "deny" }), { "ask-1": "approve" })
        const outcome = yield* Fiber.join(whole)
        assert.strictEqual(outcome._tag, "Finished")
        const told = results(outcome)
        assert.strictEqual(told["ask-1"], "ask ask-1")
        assert.match(String(told["ask-2"]), /Not today/)
        assert.strictEqual(told["ask-3"], "ask ask-3")
        assert.deepStrictEqual((yield* begun).toSorted(), ["ask-1", "ask-3", "look-1"])
        assert.lengthOf(yield* harness.seen, 3)
        assert.deepStrictEqual(yield* settled("r"), outcome)
      })
    ))

  it("a run's limits go before the layer's, and the budget is shared by all runs of the layer", () => {
    let turns = 0
    return inMemory(() =>
      Effect.gen(function*() {
        const own = yield* DurableToolLoop.execute(agent, { ...options("own"), limits: { turns: 2 } })
        assert.strictEqual(own._tag === "Stopped" && own.limit, "turns")
        assert.strictEqual(own.progress.turns, 2)
        const layers = yield* DurableToolLoop.execute(agent, options("the layer's"))
        assert.strictEqual(layers._tag === "Stopped" && layers.limit, "outputTokens")
        assert.strictEqual(layers.progress.turns, 1)
        assert.isAbove(turns, 0)
      }), {
      limits: { turns: 3 },
      budget: { outputTokens: 3 * usage },
      run: { onTurn: () => Effect.sync(() => void turns++) }
    })
  })

  it("F8 a run that another runner took over is taken back when that one leaves it alone", () => {
    const opened = JSON.stringify({ by: "another runner", step: { _tag: "Opened" } })
    const takeOver = ToolJournal.ToolJournal.use((journal) =>
      Effect.gen(function*() {
        for (let at = 0;; at++) {
          if ((yield* journal.put("r", at, opened)) === opened) return
        }
      })
    ).pipe(Effect.provide(ToolJournal.layerWorkflow), Effect.orDie)
    return inMemory(
      ({ begun, harness }) =>
        Effect.gen(function*() {
          const outcome = yield* DurableToolLoop.execute(agent, options("r"))
          assert.strictEqual(outcome._tag, "Finished")
          const told = results(outcome)
          // It had begun when the run was lost, and nobody may say what came of it.
          assert.match(String(told["pay-2"]), /no result is known/)
          assert.strictEqual(told["pay-3"], "pay pay-3")
          assert.lengthOf((yield* begun).filter((id) => id === "pay-2"), 1)
          assert.isAtLeast(harness.clock.now, 30_000)
        }),
      { concurrency: 1 },
      (id) => id === "pay-2" ? takeOver : Effect.void
    )
  })

  it("outside a workflow its journal puts nothing", () =>
    runHandler(handler, () =>
      Effect.gen(function*() {
        const failed = yield* ToolJournal.ToolJournal.use((journal) => journal.put("r", 0, "1")).pipe(
          Effect.provide(ToolJournal.layerWorkflow),
          Effect.flip
        )
        assert.match(failed.message, /inside a workflow only/)
      })))
})
