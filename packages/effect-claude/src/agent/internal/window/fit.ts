/** Shortens a conversation strategy by strategy until the API's own count says it fits. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { ClaudeClient } from "../../../client/ClaudeClient.ts"
import { fromMessages, type History, type InvalidHistory, toMessages } from "../../../conversation/History.ts"
import type { ClaudeError, Usage } from "../../../errors/ClaudeError.ts"
import * as Count from "./count.ts"
import { bindsThinking } from "./models.ts"
import type { Charge, MessageParam, Prompt, Strategy } from "./strategy.ts"
import { withoutThinking } from "./thinking.ts"

/** The API is asked for a count at most so often. */
const mostCounts = 6
/** A strategy is applied at most so often: each time the count has told more. */
const mostRounds = 8
/** What an estimate is expected to be off by. */
const margin = 0.02
/** Where less than this share of what was to go went, twice as much is aimed at the next time. */
const leastFreed = 0.25
/** The same where the API does not count. */
const uncountedMargin = 0.1

export interface Step {
  /** The strategy, or `thinking` for thinking that is bound to what was changed. */
  readonly strategy: string
  /** Estimated tokens that are gone. */
  readonly freed: number
  /** The first message that is no longer what it was, by its place in the old history. */
  readonly from: number
  /** Estimated tokens from there on that were cached, or may have been: they are read anew. */
  readonly cacheLost: number
  /** Messages fewer. */
  readonly dropped: number
  /** Results that are now a placeholder. */
  readonly cleared: number
  /** Why the strategy left the history as it was. */
  readonly failed: ClaudeError | InvalidHistory | undefined
}

export interface Task {
  readonly history: History
  readonly prompt: Prompt
  /** Tokens of input at most. */
  readonly budget: number
  /** What is aimed at where something must go anyway; default the budget. */
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

const firstChange = (old: ReadonlyArray<MessageParam>, next: ReadonlyArray<MessageParam>): number => {
  let at = 0
  while (at < old.length && old[at] === next[at]) at++
  return at
}

export const fit = Effect.fnUntraced(function*(task: Task): Effect.fn.Return<Outcome, never, ClaudeClient> {
  const { budget, history, prompt } = task
  let counts = 0
  let counting = true
  const ask = Effect.fnUntraced(function*(one: History) {
    if (!counting || counts >= mostCounts) return undefined
    counts++
    const counted = yield* Count.count(one, prompt)
    counting = counted !== undefined
    return counted
  })

  const counted = task.known === undefined ? yield* ask(history) : undefined
  const first = counted === undefined
    ? task.known ?? Count.estimate(history, prompt, task.usage)
    : Count.known(history, prompt, counted)
  const before = first.tokens
  const steps: Array<Step> = []
  const charges: Array<Charge> = []
  if (before <= budget * (counted === undefined && task.known === undefined ? 1 - uncountedMargin : 1)) {
    return { fits: true, history, before, after: before, counted: counted !== undefined, steps, charges }
  }

  const old = toMessages(history)
  let current: { readonly history: History; readonly messages: ReadonlyArray<MessageParam> } = {
    history,
    messages: old
  }
  let { scale, tokens } = first
  let isCounted = counted !== undefined
  /** Tokens at the last count, and how many times what is too much is to go. */
  let since = tokens
  let boost = 1
  const cached = task.usage && task.usage.cacheReadTokens + task.usage.cacheCreationTokens

  /** Takes a change over if it is a conversation. */
  const take = (
    strategy: string,
    messages: ReadonlyArray<MessageParam>,
    cleared: number
  ): InvalidHistory | undefined => {
    const made = fromMessages(messages)
    if (Result.isFailure(made)) return made.failure
    const of = Count.tokensOf(scale)
    const sum = (list: ReadonlyArray<MessageParam>): number => list.reduce((all, message) => all + of(message), 0)
    const freed = Math.round(sum(current.messages) - sum(messages))
    const from = firstChange(old, messages)
    const behind = Math.round(sum(old.slice(from)))
    steps.push({
      strategy,
      freed,
      from,
      cacheLost: cached === undefined ? behind : Math.max(0, Math.min(cached, cached + behind - before)),
      dropped: current.messages.length - messages.length,
      cleared,
      failed: undefined
    })
    current = { history: made.success, messages }
    tokens -= freed
    isCounted = false
    return undefined
  }

  /** Whether what is there fits; learns from the count where it does not. */
  const check = Effect.fnUntraced(function*() {
    const told = isCounted ? tokens : yield* ask(current.history)
    // What was aimed at leaves room for an estimate; what is left after every strategy is all there is.
    if (told === undefined) return tokens <= budget
    isCounted = true
    if (since - told < (since - tokens) * leastFreed) boost *= 2
    since = told
    const learned = Count.known(current.history, prompt, told)
    scale = learned.scale
    tokens = learned.tokens
    return tokens <= budget
  })

  const goal = (): number => {
    // The last count is for the least that can be left.
    if (counting && counts >= mostCounts - 1) return 0
    return Math.min(task.target, budget * (1 - (counting ? margin : uncountedMargin)))
  }

  const done = (fits: boolean): Outcome => ({
    fits,
    history: current.history,
    before,
    after: tokens,
    counted: isCounted,
    steps,
    charges
  })

  if (task.strategies.length > 0 && bindsThinking(prompt.model)) {
    const messages = withoutThinking(current.messages)
    if (messages !== current.messages) {
      take("thinking", messages, 0)
      if (tokens <= goal() && (yield* check())) return done(true)
    }
  }
  for (const strategy of task.strategies) {
    for (let round = 0; round < mostRounds; round++) {
      const excess = (tokens - goal()) * boost
      const change = yield* strategy.apply({ messages: current.messages, tokensOf: Count.tokensOf(scale), excess })
      charges.push(...change.charges ?? [])
      const isChanged = change.messages !== current.messages
      const failed = isChanged ? take(strategy.name, change.messages, change.cleared ?? 0) : change.failed
      if (failed !== undefined) {
        steps.push({
          strategy: strategy.name,
          freed: 0,
          from: old.length,
          cacheLost: 0,
          dropped: 0,
          cleared: 0,
          failed
        })
      }
      if (!isChanged || failed !== undefined) break
      if (tokens <= goal() && (yield* check())) return done(true)
    }
  }
  return done(yield* check())
})
