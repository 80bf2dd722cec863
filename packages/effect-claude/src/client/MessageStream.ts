/**
 * What the events of `ClaudeClient.streamMessage` make: text, tool input while it grows, one final message. A message is
 * complete only with `message_stop`; its tool input is parsed once, at `content_block_stop`. Where an answer came by more
 * than one request, its seams are in the message and among the events.
 */
import type * as Messages from "@anthropic-ai/sdk/resources/messages"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as ClaudeError from "../errors/ClaudeError.ts"
import { Accumulator } from "./internal/accumulate.ts"
import * as Continued from "./internal/continuation.ts"
import { isFields } from "./internal/fields.ts"
import { PartialInputs, type ToolInput as Input } from "./internal/partialInput.ts"

/** One event of a stream; ping and error are none. An event newer than the SDK's types is carried as it came. */
export type Event = Messages.RawMessageStreamEvent

/** A seam of an answer that came by more than one request. */
export type Continuation = Continued.Continuation

/** A tool's input so far: for showing, never for running a tool before it is `complete`. */
export type ToolInput = Input

/** The seam that this event marks, undefined for every other event. What follows belongs behind the seam. */
export const continuationOf = (event: Event): Continuation | undefined => {
  const given: object = event
  return Continued.isMark(given) ? given.continuation : undefined
}

/** The seams of a message; none if one request brought it. */
export const continuations = (message: Messages.Message): ReadonlyArray<Continuation> =>
  "continuations" in message && Array.isArray(message.continuations) ? message.continuations : []

/** The text alone, in the pieces in which it came. How the answer ended is not in it: `message` and the events say. */
export const text = <E, R>(self: Stream.Stream<Event, E, R>): Stream.Stream<string, E, R> =>
  Stream.mapAccumArray(self, () => undefined, (_, events) => {
    const pieces: Array<string> = []
    for (const event of events) {
      if (event.type === "content_block_delta" && event.delta.type === "text_delta") pieces.push(event.delta.text)
    }
    return [undefined, pieces] as const
  })

/**
 * Every tool's input after each piece of it, at a cost linear in its length, and once more when it is complete. Pieces
 * that came together are shown together.
 */
export const toolInputs = <E, R>(self: Stream.Stream<Event, E, R>): Stream.Stream<ToolInput, E, R> =>
  Stream.mapAccumArray(self, () => new PartialInputs(), (inputs, events) => [inputs, inputs.push(events)] as const)

/** Why these events make no message, if so. */
const problem = (accumulator: Accumulator): ClaudeError.Reason | undefined => {
  const { broken, complete, fault, started } = accumulator
  if (complete && fault !== undefined) {
    return new ClaudeError.MalformedResponse({ message: `The stream ended, but ${fault}.`, status: 200, body: "" })
  }
  if (complete && broken === undefined) return undefined
  return new ClaudeError.StreamInterrupted({
    message: `The stream ${broken === undefined ? "ended before message_stop" : `is broken: ${broken}`}.`,
    cut: started ? "ended" : "empty",
    partial: accumulator.partial()
  })
}

/**
 * The final message. Fails with `StreamInterrupted`, which carries what arrived, if the stream ends before
 * `message_stop`, and with `MalformedResponse` if a finished tool input is no JSON.
 */
export const message = <E, R>(
  self: Stream.Stream<Event, E, R>
): Effect.Effect<Messages.Message, E | ClaudeError.ClaudeError, R> =>
  Effect.suspend(() => {
    const accumulator = new Accumulator()
    const take = (events: ReadonlyArray<Event>): Effect.Effect<void> => {
      for (const event of events) if (isFields(event)) accumulator.push(event)
      return Effect.void
    }
    return Effect.flatMap(Stream.runForEachArray(self, take), () => {
      const reason = problem(accumulator)
      return reason === undefined
        ? Effect.succeed(accumulator.result())
        : Effect.fail(new ClaudeError.ClaudeError({ method: "MessageStream.message", reason, attempts: [] }))
    })
  })
