import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { ClaudeClient, ToolJournal } from "effect-claude"
import { begin, decide, loop, waiting } from "./main.ts"

const program = Effect.gen(function*() {
  const stored = yield* begin("invoices")
  const calls = yield* waiting(stored)
  for (const { input, name } of calls) yield* Console.log(`${name} ${JSON.stringify(input)}: approved`)
  const outcome = yield* decide(stored, Object.fromEntries(calls.map(({ id }) => [id, "approve"])))
  yield* Console.log(outcome._tag === "Finished" ? outcome.text : outcome._tag)
})

program.pipe(
  Effect.provide(loop(ToolJournal.layerMemory).pipe(Layer.provide(ClaudeClient.layerStandard()))),
  NodeRuntime.runMain
)
