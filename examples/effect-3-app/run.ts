import { Console, Effect } from "effect"
import { ask, client } from "./main.ts"

const url = process.env["ANTHROPIC_BASE_URL"] ?? "https://api.anthropic.com"

await Effect.runPromise(
  ask(url, "Tell me about rivers.").pipe(Effect.flatMap(Console.log), Effect.provide(client))
)
