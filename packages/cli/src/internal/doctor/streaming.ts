/** Whether the events of a stream come one by one, or all at once from something that held them back. */
import { ClaudeClient, type ClaudeError } from "effect-claude"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

export interface Timing {
  readonly events: number
  /** Milliseconds to the first event, and from there to the last. */
  readonly first: number
  readonly spread: number
}

/** A stream shorter than this may well come at once. */
const shortest = 400
const fewest = 5
/** Held back, all events come within this share of the time. */
const share = 0.1

export const isHeldBack = ({ events, first, spread }: Timing): boolean =>
  events >= fewest && first + spread >= shortest && spread < (first + spread) * share

/** Asks for a few dozen tokens and times them; `unfinished` after so many milliseconds. */
export const time = (
  model: string,
  within: number
): Effect.Effect<Timing | "unfinished", ClaudeError.ClaudeError, ClaudeClient.ClaudeClient> =>
  Effect.gen(function*() {
    const began = yield* Clock.currentTimeMillis
    const stream = ClaudeClient.streamMessage({
      model,
      max_tokens: 64,
      messages: [{ role: "user", content: "Count from 1 to 20, in words." }]
    })
    const at = yield* Stream.runCollect(Stream.mapEffect(stream, () => Clock.currentTimeMillis))
    const first = (at[0] ?? began) - began
    return { events: at.length, first, spread: (at.at(-1) ?? began) - began - first }
  }).pipe(Effect.timeoutOrElse({ duration: within, orElse: () => Effect.succeed("unfinished" as const) }))
