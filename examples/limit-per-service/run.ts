import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { layer, Summaries } from "./main.ts"

Summaries.use((summaries) => summaries.summarise("A long text about rivers.")).pipe(
  Effect.flatMap(Console.log),
  Effect.provide(layer()),
  NodeRuntime.runMain
)
