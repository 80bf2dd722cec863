/** Shortens a conversation strategy by strategy until the API's own count says it fits. */
import * as Effect from "effect/Effect"
import type { ClaudeClient } from "../../../client/ClaudeClient.ts"
import type { History } from "../../../conversation/History.ts"
import type { Usage } from "../../../errors/ClaudeError.ts"
import * as Count from "./count.ts"
import { Progress, type Step } from "./progress.ts"
import type { Charge, Prompt, Strategy } from "./strategy.ts"

/** The API is asked for a count at most so often. */
const mostCounts = 6
/** A strategy is applied at most so often: each time the count has told more. */
const mostRounds = 8
/** What an estimate is expected to be off by. */
const margin = 0.02
/** The same where the API does not count. */
const uncountedMargin = 0.1

export interface Task {
  readonly history: History
  readonly prompt: Prompt
  /** Tokens of input at most. */
  readonly budget: number
  /** What is aimed at where something must go anyway; the budget, or less. */
  readonly target: number
  readonly strategies: ReadonlyArray<Strategy>
  /** What is known of the history's tokens; else the API is asked. */
  readonly known: Count.Estimate | undefined
  readonly usage: Usage | undefined
}

export interface Outcome {
  readonly fits: boolean
  /** The shortest that was found; the history itself where nothing had to go. */
  readonly history: History
  readonly before: number
  readonly after: number
  /** Whether the API counted what is after. */
  readonly counted: boolean
  readonly steps: ReadonlyArray<Step>
  readonly charges: ReadonlyArray<Charge>
}

export const fit = Effect.fnUntraced(function*(task: Task): Effect.fn.Return<Outcome, never, ClaudeClient> {
  const { budget, history, known, prompt, strategies, usage } = task
  let counts = 0
  let counting = true
  const ask = Effect.fnUntraced(function*(one: History) {
    if (!counting || counts >= mostCounts) return undefined
    counts++
    const counted = yield* Count.count(one, prompt)
    counting = counted !== undefined
    return counted
  })

  const counted = known === undefined ? yield* ask(history) : undefined
  const first = counted === undefined
    ? known ?? Count.estimate(history, prompt, usage)
    : Count.known(history, prompt, counted)
  const progress = new Progress(history, prompt, first, counted !== undefined, usage)
  const charges: Array<Charge> = []
  const done = (fits: boolean): Outcome => ({
    fits,
    history: progress.history,
    before: first.tokens,
    after: progress.tokens,
    counted: progress.isCounted,
    steps: progress.steps,
    charges
  })
  const isGuess = counted === undefined && known === undefined
  if (first.tokens <= budget * (isGuess ? 1 - uncountedMargin : 1)) return done(true)

  /** Tokens that may be left by the estimate. */
  const goal = (): number => {
    // The last count is for the least that can be left.
    if (counting && counts >= mostCounts - 1) return 0
    return Math.min(task.target, budget * (1 - (counting ? margin : uncountedMargin)))
  }
  /** Whether what is left fits; learns from the count where it does not. */
  const fits = Effect.fnUntraced(function*() {
    const told = progress.isCounted ? undefined : yield* ask(progress.history)
    if (told !== undefined) progress.learn(told)
    // What was aimed at leaves room for an estimate; what is left after every strategy is all there is.
    return progress.tokens <= budget
  })

  if (strategies.length > 0 && progress.thinking > 0 && progress.tokens - progress.thinking <= goal()) {
    progress.strip()
    if (yield* fits()) return done(true)
  }
  for (const strategy of strategies) {
    for (let round = 0; round < mostRounds; round++) {
      const { messages, tokensOf } = progress
      const change = yield* strategy.apply({ messages, tokensOf, excess: progress.excess(goal()) })
      charges.push(...change.charges ?? [])
      const isChanged = change.messages !== messages
      const failed = isChanged ? progress.take(strategy.name, change.messages, change.cleared ?? 0) : change.failed
      if (failed !== undefined) progress.failed(strategy.name, failed)
      if (!isChanged || failed !== undefined) break
      if (progress.tokens <= goal() && (yield* fits())) return done(true)
    }
  }
  if (strategies.length > 0 && progress.thinking > 0 && !(yield* fits())) progress.strip()
  return done(yield* fits())
})
