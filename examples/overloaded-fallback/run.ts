import { NodeRuntime } from "@effect/platform-node"
import { Effect } from "effect"
import { ClaudeClient } from "effect-claude"
import { fallback, program } from "./main.ts"

program.pipe(Effect.provide(ClaudeClient.layerStandard({ fallback, maxAttempts: 2 })), NodeRuntime.runMain)
