import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { client, sort, Triage } from "./main.ts"

sort(["I was charged twice.", "The button does nothing."]).pipe(
  Effect.tap(Console.log),
  Effect.provide(Triage.layer.pipe(Layer.provide(client()))),
  NodeRuntime.runMain
)
