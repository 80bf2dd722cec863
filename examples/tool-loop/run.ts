import { NodeRuntime } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { ClaudeClient } from "effect-claude"
import { loop, program } from "./main.ts"

program.pipe(Effect.provide(loop.pipe(Layer.provide(ClaudeClient.layerStandard()))), NodeRuntime.runMain)
