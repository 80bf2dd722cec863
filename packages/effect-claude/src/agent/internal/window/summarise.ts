/**
 * Has another model write down what the oldest part of a conversation said, and puts that in its place. What does not fit
 * into one request of that model goes part by part, each with the summary so far. Any failure leaves everything as it was.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as ClaudeClient from "../../../client/ClaudeClient.ts"
import { usageOf } from "../../../client/internal/fields.ts"
import * as ClaudeError from "../../../errors/ClaudeError.ts"
import { enough } from "./drop.ts"
import { type Cut, exchangeCuts, partsOf, stepCuts } from "./exchanges.ts"
import type { Change, Charge, MessageParam, Situation, Strategy } from "./strategy.ts"
import * as Transcript from "./transcript.ts"

export interface Settings {
  readonly model: string
  readonly keep: number
  /** Tokens a summary may have. */
  readonly maxTokens: number
  /** Tokens of that model's window. */
  readonly window: number
  readonly instructions: string
}

/** Parts that are summed up at most; a conversation of more is left as it is. */
const mostParts = 16
/** Characters that are surely no more than a token each are one; what has fewer goes by as well. */
const charactersPerToken = 2
/** A part that the API finds too long is halved at most so often. */
const mostHalvings = 4

const opening = "<summary>\n"
const closing = "\n</summary>"

export const standard =
  "Summarise the conversation for a colleague who continues it and sees nothing else of it. Keep every fact, decision, " +
  "name, number, path and open question that what follows may need, what was done with which result, and what the user " +
  "asked for. Write only the summary."

const empty = (model: string): ClaudeError.ClaudeError =>
  new ClaudeError.ClaudeError({
    method: "summarise",
    reason: new ClaudeError.MalformedResponse({ message: `${model} wrote no summary.`, body: "" }),
    attempts: []
  })

const prompt = (part: string, before: string): string =>
  before === ""
    ? `<conversation>\n${part}\n</conversation>`
    : `The summary of what came before:\n<summary>\n${before}\n</summary>\n\n<conversation>\n${part}\n</conversation>`

const isOverflow = (error: ClaudeError.ClaudeError): boolean => error.reason._tag === "ContextOverflow"

/** The message that stands for what was summed up, and what its requests used, whether they led to one or not. */
const write = Effect.fnUntraced(function*(settings: Settings, messages: ReadonlyArray<MessageParam>) {
  const { instructions: system, maxTokens: max_tokens, model, window } = settings
  const charges: Array<Charge> = []
  const room = (window - max_tokens * 2 - system.length) * charactersPerToken
  const once = Effect.fnUntraced(function*(part: string, before: string) {
    const message = yield* ClaudeClient.createMessage({
      model,
      max_tokens,
      system,
      messages: [{ role: "user", content: prompt(part, before) }]
    })
    charges.push({ model, usage: usageOf(message.usage) })
    const whole = yield* ClaudeClient.requireComplete(Effect.succeed(message))
    const text = whole.content.map((block) => block.type === "text" ? block.text : "").join("").trim()
    return text === "" ? yield* Effect.fail(empty(model)) : text
  })
  const all = Effect.fnUntraced(function*(most: number) {
    let summary = ""
    const parts = Transcript.parts(messages, Math.max(1, most))
    if (parts.length > mostParts) return yield* Effect.fail(tooLong(model, parts.length))
    for (const part of parts) summary = yield* once(part, summary)
    return summary
  })
  let most = room
  let result = yield* Effect.result(all(most))
  for (let halved = 0; halved < mostHalvings && Result.isFailure(result) && isOverflow(result.failure); halved++) {
    most /= 2
    result = yield* Effect.result(all(Math.floor(most)))
  }
  return { result, charges }
})

const tooLong = (model: string, parts: number): ClaudeError.ClaudeError =>
  new ClaudeError.ClaudeError({
    method: "summarise",
    reason: new ClaudeError.RequestRejected({
      violations: [{
        path: "messages",
        rule: "summary",
        message: `${model} would have to be asked ${parts} times; ${mostParts} are the most.`,
        fix: "Summarise earlier, or with a model of a larger window."
      }]
    }),
    attempts: []
  })

/** What goes, in its order: whole exchanges first, then steps of the newest. */
const gone = (messages: ReadonlyArray<MessageParam>, { from, kept, tail }: Cut): ReadonlyArray<MessageParam> => [
  ...messages.slice(0, from),
  ...messages.slice(kept, tail)
]

const cutOf = (situation: Situation, { keep, maxTokens }: Settings): Cut | undefined => {
  const parts = partsOf(situation.messages)
  // The summary takes what it may have of what it frees.
  const excess = situation.excess + maxTokens
  const cuts = exchangeCuts(parts, keep)
  return enough(situation, cuts.length > 0 ? cuts : stepCuts(parts, keep), excess)
}

export const summarise = (settings: Settings): Strategy => ({
  name: "summarise",
  apply: Effect.fnUntraced(function*(situation): Effect.fn.Return<Change, never, ClaudeClient.ClaudeClient> {
    const { messages, tokensOf } = situation
    const cut = cutOf(situation, settings)
    const old = cut === undefined ? [] : gone(messages, cut)
    const tokens = old.reduce((sum, message) => sum + tokensOf(message), 0)
    // A summary of what is no longer than a summary frees nothing.
    if (cut === undefined || tokens <= settings.maxTokens) return { messages }
    const { charges, result } = yield* write(settings, old)
    if (Result.isFailure(result)) return { messages, charges, failed: result.failure }
    const summary: MessageParam = { role: "user", content: `${opening}${result.success}${closing}` }
    // A system message may not stand before one of the user.
    let place = cut.kept
    while (place > cut.from && messages[place - 1]?.role === "system") place--
    return {
      messages: [
        ...messages.slice(cut.from, place),
        summary,
        ...messages.slice(place, cut.kept),
        ...messages.slice(cut.tail)
      ],
      charges
    }
  })
})
