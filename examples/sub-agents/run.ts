import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { ClaudeClient } from "effect-claude"
import { loop, program } from "./main.ts"

program.pipe(
  Effect.tap((outcome) => Console.log(outcome._tag, outcome.spend)),
  Effect.provide(loop.pipe(Layer.provide(ClaudeClient.layerStandard()))),
  NodeRuntime.runMain
)
