/**
 * Keeps a conversation within the model's window. What is too long is shortened by strategies, tried in order until the
 * API's own count fits; pairs of calls and results stay whole, and a conversation that cannot be made to fit is untouched.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as ClaudeClient from "../client/ClaudeClient.ts"
import * as Preflight from "../client/Preflight.ts"
import type { History } from "../conversation/History.ts"
import type * as ClaudeError from "../errors/ClaudeError.ts"
import * as Clear from "./internal/window/clear.ts"
import * as Count from "./internal/window/count.ts"
import * as Drop from "./internal/window/drop.ts"
import * as Fit from "./internal/window/fit.ts"
import type * as Strategies from "./internal/window/strategy.ts"
import * as Summary from "./internal/window/summarise.ts"

/** No strategy makes it fit: its tokens, the budget, and the fewest tokens that the strategies came to. */
export class WindowExceeded extends Schema.TaggedError<WindowExceeded>()("WindowExceeded", {
  count: Schema.Int,
  budget: Schema.Int,
  smallest: Schema.Int
}) {
  override get message(): string {
    return `The conversation has ${this.count} tokens, and at least ${this.smallest} after fitting; ${this.budget} may be sent.`
  }
}

/** What is sent with the messages and counts as input; the parameters of a request are one. */
export type Prompt = Strategies.Prompt

/** One way to make a conversation shorter. */
export interface Strategy extends Strategies.Strategy {}

/** What one strategy did, or why it did nothing. */
export type Step = Fit.Step

/** A request that fitting made and that is to be paid; counting is free. */
export type Charge = Strategies.Charge

export interface Fitted {
  /** The same value where nothing had to go. */
  readonly history: History
  /** Tokens of the prompt before and after. */
  readonly before: number
  readonly after: number
  /** Whether `after` is the API's own count, and not an estimate. */
  readonly counted: boolean
  readonly steps: ReadonlyArray<Step>
  readonly charges: ReadonlyArray<Charge>
}

export interface KeepOptions {
  /** What stays of the newest. */
  readonly keep?: number
}

/** Puts a placeholder into the oldest results of tools, one by one; the newest `keep`, default 3, stay. */
export const clearToolResults = (options: KeepOptions = {}): Strategy => Clear.clearToolResults(options.keep ?? 3)

/** Leaves the oldest exchanges out, each from a turn of the user to the next; the newest `keep`, default 1, stay. */
export const dropExchanges = (options: KeepOptions = {}): Strategy => Drop.dropExchanges(options.keep ?? 1)

/** Leaves the oldest answers and results of the newest exchange out; what the user said and the newest `keep`, default 3, stay. */
export const dropSteps = (options: KeepOptions = {}): Strategy => Drop.dropSteps(options.keep ?? 3)

export interface SummariseOptions extends KeepOptions {
  /** The model that writes the summary; a small one will do. */
  readonly model: string
  /** Tokens a summary may have; default 2,048. */
  readonly maxTokens?: number
  /** Tokens of that model's window; default what is known of it, else 200,000. */
  readonly window?: number
  /** The system prompt of the request; default asks for all that the rest may need. */
  readonly instructions?: string
}

/**
 * Puts a summary by another model in the place of the oldest exchanges, or of the oldest steps where there is one exchange;
 * the newest `keep`, default 1, stay. If that fails the history stays as it was, and the step says why.
 */
export const summarise = (options: SummariseOptions): Strategy =>
  Summary.summarise({
    model: options.model,
    keep: options.keep ?? 1,
    maxTokens: options.maxTokens ?? 2048,
    window: options.window ?? Preflight.factsOf(options.model)?.maxInputTokens ?? smallWindow,
    instructions: options.instructions ?? Summary.standard
  })

/** What is assumed of a model of which nothing is known, in tokens. */
const smallWindow = 200_000

/** Results, then exchanges, then steps: nothing that costs a request. */
export const standard: ReadonlyArray<Strategy> = [clearToolResults(), dropExchanges(), dropSteps()]

/** Tokens of a prompt by the API's own count; where it gives none, as on some clouds, by an estimate. */
export const count = (
  history: History,
  prompt: Prompt
): Effect.Effect<{ readonly tokens: number; readonly counted: boolean }, never, ClaudeClient.ClaudeClient> =>
  Effect.map(Count.count(history, prompt), (tokens) =>
    tokens === undefined
      ? { tokens: Count.estimate(history, prompt).tokens, counted: false }
      : { tokens, counted: true })

/**
 * Tokens of a prompt without a request: by the usage of the newest answer in it, and what came behind that by the same tokens
 * a byte. Costs what is new since the last estimate, whatever the length.
 */
export const estimate = (history: History, prompt: Prompt, usage?: ClaudeError.Usage): number =>
  Count.estimate(history, prompt, usage).tokens

export interface FitOptions extends Prompt {
  /** Tokens of input at most. */
  readonly budget: number
  /** Tried in order, each on what the one before left; default `standard`. */
  readonly strategies?: ReadonlyArray<Strategy>
}

const promptOf = (prompt: Prompt): Prompt => prompt

const exceeded = (outcome: Fit.Outcome, budget: number): WindowExceeded =>
  new WindowExceeded({ count: Math.ceil(outcome.before), budget, smallest: Math.ceil(outcome.after) })

const fitted = ({ after, before, charges, counted, history, steps }: Fit.Outcome): Fitted => ({
  history,
  before,
  after,
  counted,
  steps,
  charges
})

/** A history of at most `budget` tokens, by at most six counts. */
export const fit = (
  history: History,
  options: FitOptions
): Effect.Effect<Fitted, WindowExceeded, ClaudeClient.ClaudeClient> =>
  Effect.flatMap(
    Fit.fit({
      history,
      prompt: promptOf(options),
      budget: options.budget,
      target: options.budget,
      strategies: options.strategies ?? standard,
      known: undefined,
      usage: undefined
    }),
    (outcome) => outcome.fits ? Effect.succeed(fitted(outcome)) : Effect.fail(exceeded(outcome, options.budget))
  )
