/** Names that nobody else has, of eight digits a word. */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

export const hex = (words: number): Effect.Effect<string> =>
  Effect.map(
    Effect.replicateEffect(Random.nextIntBetween(0, 0x7fffffff), words),
    (parts) => parts.map((part) => part.toString(16).padStart(8, "0")).join("")
  )
