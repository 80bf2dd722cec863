/** How large a model's window is. */
import * as Effect from "effect/Effect"
import * as ClaudeClient from "../../../client/ClaudeClient.ts"
import * as Preflight from "../../../client/Preflight.ts"

/** What is assumed of a model of which nothing is known, in tokens. */
export const smallest = 200_000

/** It is asked once: what it does not tell at once is assumed. */
const asking = { maxAttempts: 1, deadline: "10 seconds" } as const

/** Of so many models what the API told is kept. */
const mostKnown = 1000

/** What is known without asking. */
export const known = (model: string): number | undefined => Preflight.factsOf(model)?.maxInputTokens

/** Asks the Models API once about a model that is not known; where that fails, the smallest window is assumed. */
export const make = (): (model: string) => Effect.Effect<number, never, ClaudeClient.ClaudeClient> => {
  const told = new Map<string, number>()
  return (model) => {
    const window = known(model) ?? told.get(model)
    if (window !== undefined) return Effect.succeed(window)
    return ClaudeClient.getModel(model, asking).pipe(
      Effect.map((info) => info.max_input_tokens ?? smallest),
      Effect.orElseSucceed(() => smallest),
      Effect.tap((window) =>
        Effect.sync(() => {
          if (told.size < mostKnown) told.set(model, window)
        })
      )
    )
  }
}
