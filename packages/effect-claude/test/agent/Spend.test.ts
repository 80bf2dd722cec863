import { Reply } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { History, Spend, ToolLoop } from "effect-claude"
import { Tool, Toolkit } from "effect/ai"
import { answers, call, start, withLoop } from "../fixtures/loop.ts"

const price = { input: 10, output: 50, cacheRead: 1, cacheWrite: 12.5 }
const prices = Spend.prices({ "claude-sonnet-5-5": price })

const Steps = Schema.Array(Schema.Struct({
  account: Schema.Literals([0, 1, 2]),
  settle: Schema.Boolean,
  usd: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 }))
}))

describe("Spend", () => {
  it.effect.prop("F7 whatever the order, what is settled and reserved never passes the cap of any account", {
    steps: Steps
  }, ({ steps }) =>
    Effect.sync(() => {
      const parent = new Spend.Account({ usd: 100 })
      const accounts = [parent, new Spend.Account({ usd: 60 }, parent), new Spend.Account({ usd: 80 }, parent)]
      const held: Array<readonly [Spend.Account, Spend.Amount]> = []
      for (const { account, settle, usd } of steps) {
        const one = accounts[account]!
        const amount = { usd, inputTokens: 0, outputTokens: 0 }
        if (settle) {
          const reserve = held.shift()
          // What is used is at most what was reserved, as for a right estimate.
          reserve?.[0].settle(reserve[1], { ...reserve[1], usd: Math.min(usd, reserve[1].usd) })
        } else if (one.reserve(amount) === undefined) held.push([one, amount])
        for (const { caps, reserved, settled } of accounts) assert.isAtMost(settled.usd + reserved.usd, caps.usd)
      }
      const [first, ...rest] = accounts
      const open = held.filter(([account]) => account === first).reduce((sum, [, { usd }]) => sum + usd, 0)
      assert.strictEqual(first!.reserved.usd, rest.reduce((sum, { reserved }) => sum + reserved.usd, open))
    }))

  it("prices are those of the model, or of the alias of its dated version", () => {
    assert.strictEqual(Spend.priceOf(prices, "claude-sonnet-5-5-20260901"), price)
    assert.isUndefined(Spend.priceOf(prices, "claude-sonnet-5"))
    assert.isUndefined(Spend.priceOf(prices, "constructor"))
    assert.throws(
      () => Spend.prices({ m: { ...price, input: -1, output: Number.NaN } }),
      /input of m is -1[\s\S]*output of m is NaN/
    )
    const usage = {
      inputTokens: 1_000_000,
      cacheCreationTokens: 2_000_000,
      cacheReadTokens: 3_000_000,
      outputTokens: 4_000_000
    }
    assert.strictEqual(Spend.cost(price, usage), 10 + 25 + 3 + 200)
  })

  const Sub = Tool.make("sub", { success: Schema.String })
  const kit = Toolkit.make(Sub)
  /** Each request costs a cent: 500 tokens of input and 100 of output. */
  const cent = (request: Reply.Received) => {
    const index = request.index
    return answers(
      Reply.toolUse(call(`c${index}`, "sub", { index }), { usage: { input_tokens: 500, output_tokens: 100 } })
    )(request)
  }
  const cents = Array.from({ length: 80 }, () => cent)

  it("F7 a run ends before the request that would pass its cap", () =>
    withLoop(
      cents,
      kit.toLayer({ sub: () => Effect.succeed("done") }),
      Effect.fnUntraced(function*({ seen }) {
        const outcome = yield* ToolLoop.run({
          ...start,
          toolkit: kit,
          limits: { usd: 0.1, identicalCalls: 99, turns: 99 }
        })
        assert.strictEqual(outcome._tag === "Stopped" && outcome.limit, "usd")
        assert.strictEqual((yield* seen).length, 9)
        assert.closeTo(outcome.spend ?? 0, 0.09, 1e-9)
      }),
      { prices }
    ))

  it("F7 runs within a run, side by side, take from one account", () =>
    withLoop(
      [
        answers(
          Reply.toolUse(Array.from({ length: 4 }, (_, index) => call(`s${index}`, "sub", {})), {
            usage: { input_tokens: 500, output_tokens: 100 }
          })
        ),
        ...cents
      ],
      Layer.empty,
      Effect.fnUntraced(function*({ seen }) {
        const loop = yield* ToolLoop.ToolLoop
        const inner = Toolkit.make(Tool.make("sub", { success: Schema.String }))
        const spends: Array<number> = []
        const handlers = kit.toLayer({
          sub: () =>
            loop.run({
              ...start,
              history: History.make("inner"),
              toolkit: inner,
              limits: { identicalCalls: 99, turns: 99 }
            }).pipe(
              Effect.provide(inner.toLayer({ sub: () => Effect.succeed("done") })),
              Effect.map((outcome) => {
                spends.push(outcome.spend ?? 0)
                return `${outcome._tag} ${outcome._tag === "Stopped" ? outcome.limit : ""}`
              }),
              Effect.orDie
            )
        })
        const limits = { usd: 0.2, identicalCalls: 99 }
        const outcome = yield* ToolLoop.run({ ...start, toolkit: kit, limits }).pipe(Effect.provide(handlers))
        assert.strictEqual(outcome._tag === "Stopped" && outcome.limit, "usd")
        const requests = (yield* seen).length
        // One estimate a request in flight is the most that it can be off.
        assert.isAtLeast(requests, 16)
        assert.isAtMost(requests * 0.01, 0.2 + 1e-9)
        assert.closeTo(spends.reduce((sum, usd) => sum + usd, 0), (requests - 1) * 0.01, 1e-9)
      }),
      { prices }
    ))

  it("F7 all runs of a layer share its budget", () =>
    withLoop(
      cents,
      kit.toLayer({ sub: () => Effect.succeed("done") }),
      Effect.fnUntraced(function*({ seen }) {
        const run = ToolLoop.run({ ...start, toolkit: kit, limits: { identicalCalls: 99, turns: 99 } })
        const outcomes = yield* Effect.all([run, run, run], { concurrency: 3 })
        assert.deepEqual(outcomes.map((outcome) => outcome._tag === "Stopped" && outcome.limit), ["usd", "usd", "usd"])
        assert.isAtMost((yield* seen).length, 30)
        assert.isAtLeast((yield* seen).length, 24)
      }),
      { prices, budget: { usd: 0.3 } }
    ))

  it("F7 an interrupted request stays charged as it was reserved", () =>
    withLoop(
      [cent, { ...Reply.text(200, ""), begin: "silence" }],
      kit.toLayer({ sub: () => Effect.succeed("done") }),
      Effect.fnUntraced(function*() {
        const limits = { wallTime: "30 seconds", usd: 1 } as const
        const outcome = yield* ToolLoop.run({ ...start, toolkit: kit, limits })
        assert.strictEqual(outcome._tag === "Stopped" && outcome.limit, "wallTime")
        assert.isAbove(outcome.spend ?? 0, 0.0199)
        assert.isTrue(outcome.usage.estimated)
      }),
      { prices }
    ))
})
