import { NodeRuntime } from "@effect/platform-node"
import { Effect } from "effect"
import { ClaudeClient } from "effect-claude"
import { program } from "./main.ts"

program.pipe(Effect.provide(ClaudeClient.layerStandard({ maxServerWait: "3 minutes" })), NodeRuntime.runMain)
