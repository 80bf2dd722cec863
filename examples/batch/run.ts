import { NodeFileSystem, NodeRuntime } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { BatchJournal, ClaudeClient } from "effect-claude"
import { program } from "./main.ts"

const journal = BatchJournal.layerFile("reviews.batches").pipe(Layer.provide(NodeFileSystem.layer))

program.pipe(Effect.provide(Layer.merge(ClaudeClient.layerStandard(), journal)), NodeRuntime.runMain)
