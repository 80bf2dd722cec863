/** An agent that survives its process and waits for days: refunds are looked up at once, and paid when somebody approves. */
import { Console, Effect, Layer, Option, Schema } from "effect"
import { DurableToolLoop, History, ToolLoop } from "effect-claude"
import * as Sqlite from "effect-claude/node/Sqlite"
import { Tool, Toolkit } from "effect/ai"
import { ClusterWorkflowEngine, SingleRunner } from "effect/cluster"
import { Digest } from "effect/crypto"

const FindOrder = Tool.make("find_order", {
  description: "Looks an order up.",
  parameters: Schema.Struct({ order: Schema.String }),
  success: Schema.Struct({ euros: Schema.Number })
}).annotate(Tool.Readonly, true)

const Refund = Tool.make("refund", {
  description: "Pays an order back. Cannot be undone.",
  parameters: Schema.Struct({ order: Schema.String, euros: Schema.Number }),
  success: Schema.String
}).setNeedsApproval(true)

const toolkit = Toolkit.make(FindOrder, Refund)
export const agent = DurableToolLoop.make("RefundAgent", toolkit)

export const handlers = toolkit.toLayer({
  find_order: () => Effect.succeed({ euros: 40 }),
  refund: ({ euros, order }) =>
    Effect.gen(function*() {
      const key = (yield* ToolLoop.CurrentCall)?.idempotencyKey
      yield* Console.log(`Paid ${euros} euros for ${order} under the key ${key}`)
      return "paid"
    })
})

/** One process on one file: what is in it goes on when the layer is built. */
export const engine = (filename: string) =>
  ClusterWorkflowEngine.layer.pipe(
    Layer.provideMerge(SingleRunner.layer({ runnerStorage: "memory" })),
    Layer.provide([Sqlite.layer({ filename }), Digest.layerWebCrypto])
  )

/** Starts the run of an order, or finds it again; ends when the run has, or waits for somebody who is not here. */
export const program = Effect.fnUntraced(function*(order: string, decision?: "approve" | "deny") {
  yield* DurableToolLoop.start(agent, {
    runId: order,
    model: "claude-sonnet-5-5",
    max_tokens: 1024,
    history: History.make(`The customer wants the money for order ${order} back.`)
  })
  while (true) {
    const outcome = Option.getOrUndefined(yield* DurableToolLoop.poll(agent, order))
    if (outcome?._tag === "Finished") return yield* Console.log(outcome.text)
    if (outcome !== undefined && outcome._tag !== "NeedsApproval") return yield* Console.log(outcome._tag)
    if (outcome !== undefined && decision === undefined) {
      const calls = outcome.pending.calls.map(({ input, name }) => `${name}(${JSON.stringify(input)})`)
      return yield* Console.log(`Waits for approval: ${calls.join(", ")}`)
    }
    if (outcome !== undefined && decision !== undefined) {
      yield* DurableToolLoop.decide(
        agent,
        outcome,
        Object.fromEntries(outcome.pending.calls.map(({ id }) => [id, decision]))
      )
    }
    yield* Effect.sleep("200 millis")
  }
})
