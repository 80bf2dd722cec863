import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { ClaudeClient, ClaudeLanguageModel } from "effect-claude"
import { program, tools } from "./main.ts"

/** The one layer to swap. */
const Model = ClaudeLanguageModel.layer({ model: "claude-sonnet-5-5", max_tokens: 2048 }).pipe(
  Layer.provide(ClaudeClient.layerStandard())
)

program.pipe(
  Effect.tap(Console.log),
  Effect.catchTag(
    "AiError",
    (error) => Console.error(ClaudeLanguageModel.claudeErrorOf(error)?.message ?? error.message)
  ),
  Effect.provide([Model, tools]),
  NodeRuntime.runMain
)
