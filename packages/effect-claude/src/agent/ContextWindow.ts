/**
 * Keeps a conversation within the model's window. What is too long is shortened by strategies, tried in order until the
 * API's own count fits; pairs of calls and results stay whole, and a conversation that cannot be made to fit is untouched.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as ClaudeClient from "../client/ClaudeClient.ts"
import type { History } from "../conversation/History.ts"
import type * as ClaudeError from "../errors/ClaudeError.ts"
import { Usage } from "../errors/internal/fields.ts"
import * as Clear from "./internal/window/clear.ts"
import * as Count from "./internal/window/count.ts"
import * as Drop from "./internal/window/drop.ts"
import * as Fit from "./internal/window/fit.ts"
import type * as Progress from "./internal/window/progress.ts"
import * as Room from "./internal/window/room.ts"
import * as Server from "./internal/window/serverSide.ts"
import type * as Strategies from "./internal/window/strategy.ts"
import * as Summary from "./internal/window/summarise.ts"

/**
 * No strategy makes it fit: its tokens, the budget, and the fewest tokens that the strategies came to; why one of them failed,
 * and what they used all the same.
 */
export class WindowExceeded extends Schema.TaggedError<WindowExceeded>()("WindowExceeded", {
  count: Schema.Int,
  budget: Schema.Int,
  smallest: Schema.Int,
  failures: Schema.Array(Schema.String),
  charges: Schema.Array(Schema.Struct({ model: Schema.String, usage: Usage }))
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
export type Step = Progress.Step

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
    window: options.window ?? Room.known(options.model) ?? Room.smallest,
    instructions: options.instructions ?? Summary.standard
  })

export interface ServerSideOptions {
  /** Input tokens from which on the API clears old results of tools; the newest `keep`, default 3, stay. */
  readonly clearToolResults?: number
  readonly keep?: number
  /** Input tokens from which on the API sums up what came before, at least 50,000. */
  readonly compact?: number
}

/** Parameters of a request, to be spread into it; none where the API has no such thing. */
export interface ServerSide extends Server.ServerSide {}

/**
 * Parameters by which the API shortens the conversation itself; your history stays as it is. Betas of the direct API: asked of
 * the Models API, and left out for a model or a cloud that does not say it has them.
 */
export const serverSide = (
  model: string,
  options: ServerSideOptions
): Effect.Effect<ServerSide, never, ClaudeClient.ClaudeClient> =>
  Server.serverSide(model, {
    clearToolResults: options.clearToolResults,
    compact: options.compact,
    keep: options.keep ?? 3
  })

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

const exceeded = (outcome: Fit.Outcome, budget: number): WindowExceeded =>
  new WindowExceeded({
    count: Math.ceil(outcome.before),
    budget,
    smallest: Math.ceil(Math.min(outcome.before, outcome.after)),
    failures: outcome.steps.flatMap(({ failed, strategy }) =>
      failed === undefined ? [] : [`${strategy}: ${failed.message}`]
    ),
    charges: outcome.charges
  })

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
      prompt: options,
      budget: options.budget,
      target: options.budget,
      strategies: options.strategies ?? standard,
      known: undefined,
      usage: undefined
    }),
    (outcome) => outcome.fits ? Effect.succeed(fitted(outcome)) : Effect.fail(exceeded(outcome, options.budget))
  )

export interface Options {
  /** The share of the room from which on a conversation is fitted; default 0.8. */
  readonly threshold?: number
  /** The share of the room that is aimed at then, so that it is not fitted again at once; default 0.5. */
  readonly target?: number
  /** Tokens of the model's window; default what is known of the model, else what the Models API tells, else 200,000. */
  readonly window?: number
  /** Tried in order, each on what the one before left; default `standard`. */
  readonly strategies?: ReadonlyArray<Strategy>
}

/** What a loop knows before a request: its parameters but for the messages, and what its newest answer used. */
export interface Turn extends Prompt {
  readonly max_tokens: number
  /** Of the answer that is the newest in the history; without it the API counts. */
  readonly usage?: ClaudeError.Usage | undefined
  /** What the API said when it found this very history too long. */
  readonly overflow?: ClaudeError.ContextOverflow | undefined
}

/** Keeps the conversation of a loop within the window: a value, which any number of loops may share. */
export interface ContextWindow {
  /**
   * The history to send, before each request. Below the threshold the same value, without a request. Where nothing brings
   * it below, it stays as it is for as long as it fits the window, and the steps say what failed.
   */
  readonly before: (
    history: History,
    turn: Turn
  ) => Effect.Effect<Fitted, WindowExceeded, ClaudeClient.ClaudeClient>
}

/** An overflow without numbers: the estimate was too low by at least so much. */
const surprise = 1.1

/** See `Options`. */
export const make = (options: Options = {}): ContextWindow => {
  const { strategies = standard, target = 0.5, threshold = 0.8 } = options
  const windowOf = Room.make()
  return {
    before: Effect.fnUntraced(function*(history, turn): Effect.fn.Return<
      Fitted,
      WindowExceeded,
      ClaudeClient.ClaudeClient
    > {
      const { overflow, usage } = turn
      const window = overflow?.limit ?? options.window ?? (yield* windowOf(turn.model))
      // The answer needs its place too.
      const room = Math.max(window - turn.max_tokens, window / 2)
      const limit = room * threshold
      const guess = Count.estimate(history, turn, usage)
      const refused = overflow === undefined
        ? undefined
        : overflow.inputTokens ?? Math.max(guess.tokens, window) * surprise
      const known = refused !== undefined
        ? Count.known(history, turn, refused)
        : usage === undefined
        ? undefined
        : guess
      const same: Fitted = {
        history,
        before: guess.tokens,
        after: guess.tokens,
        counted: false,
        steps: [],
        charges: []
      }
      // Twice the guess is more than any guess without usage was off by.
      if (known === undefined ? guess.tokens * 2 <= limit : known.tokens <= limit) return same
      const outcome = yield* Fit.fit({
        history,
        prompt: turn,
        budget: limit,
        target: room * target,
        strategies,
        known,
        usage
      })
      if (outcome.fits) return fitted(outcome)
      if (outcome.after < outcome.before && outcome.after <= room) return fitted(outcome)
      if (outcome.before <= room && overflow === undefined) {
        const steps = outcome.steps.filter(({ failed }) => failed !== undefined)
        return { ...same, before: outcome.before, after: outcome.before, steps, charges: outcome.charges }
      }
      return yield* exceeded(outcome, Math.floor(room))
    })
  }
}
