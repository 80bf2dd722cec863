import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { ask, client } from "./main.ts"

ask.pipe(
  Effect.flatMap((message) => Console.log(message.content)),
  Effect.provide(client({})),
  NodeRuntime.runMain
)
