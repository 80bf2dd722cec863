/** `node run.ts order-7` starts or goes on; `node run.ts order-7 approve` decides. Kill it whenever you like. */
import { NodeRuntime } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { ClaudeClient, DurableToolLoop } from "effect-claude"
import { agent, engine, handlers, program } from "./main.ts"

const [order = "order-7", decision] = process.argv.slice(2)

program(order, decision === "approve" || decision === "deny" ? decision : undefined).pipe(
  Effect.provide(
    DurableToolLoop.layer(agent).pipe(
      Layer.provide([handlers, ClaudeClient.layerStandard()]),
      Layer.provideMerge(engine("refunds.db"))
    )
  ),
  NodeRuntime.runMain
)
