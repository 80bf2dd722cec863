/** A conversation while it is shortened: what is left of it, how many tokens that has, and what was done to get there. */
import * as Result from "effect/Result"
import { fromMessages, type History, type InvalidHistory, toMessages } from "../../../conversation/History.ts"
import { lastThinking, withoutThinking } from "../../../conversation/internal/thinking.ts"
import type { ClaudeError, Usage } from "../../../errors/ClaudeError.ts"
import * as Count from "./count.ts"
import { bindsThinking } from "./models.ts"
import type { MessageParam, Prompt } from "./strategy.ts"

/** Where less than this share of what was to go went, twice as much is aimed at the next time. */
const leastFreed = 0.25

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

const firstChange = (old: ReadonlyArray<MessageParam>, next: ReadonlyArray<MessageParam>): number => {
  let at = 0
  while (at < old.length && old[at] === next[at]) at++
  return at
}

export class Progress {
  history: History
  messages: ReadonlyArray<MessageParam>
  tokens: number
  /** Whether the API counted what is left. */
  isCounted: boolean
  readonly steps: Array<Step> = []
  private readonly old: ReadonlyArray<MessageParam>
  private readonly before: number
  private readonly prompt: Prompt
  private readonly isBound: boolean
  /** Tokens that were cached by the newest usage; undefined where nobody knows. */
  private readonly cached: number | undefined
  private scale: Count.Scale
  /** Tokens at the last count, and how many times what is too much is to go. */
  private since: number
  private boost = 1
  /** A change stood behind all thinking: it is not counted on that it goes. */
  private isSpared = false

  constructor(
    history: History,
    prompt: Prompt,
    { scale, tokens }: Count.Estimate,
    isCounted: boolean,
    usage: Usage | undefined
  ) {
    this.history = history
    this.old = this.messages = toMessages(history)
    this.before = this.since = this.tokens = tokens
    this.scale = scale
    this.prompt = prompt
    this.isBound = bindsThinking(prompt.model)
    this.isCounted = isCounted
    this.cached = usage && usage.cacheReadTokens + usage.cacheCreationTokens
  }

  get tokensOf(): (message: MessageParam) => number {
    return Count.tokensOf(this.scale)
  }

  private sum(messages: ReadonlyArray<MessageParam>): number {
    const of = this.tokensOf
    return messages.reduce((all, message) => all + of(message), 0)
  }

  /** Tokens of the thinking that goes with the first change. */
  get thinking(): number {
    return this.isBound && lastThinking(this.messages) >= 0
      ? this.sum(this.messages) - this.sum(withoutThinking(this.messages))
      : 0
  }

  /** Tokens that a strategy is to free, so that with its change so few are left. */
  excess(goal: number): number {
    const thinking = this.isSpared ? 0 : this.thinking
    return Math.max(0, this.tokens - goal - thinking) * this.boost
  }

  private put(strategy: string, messages: ReadonlyArray<MessageParam>, cleared: number): InvalidHistory | undefined {
    const made = fromMessages(messages)
    if (Result.isFailure(made)) return made.failure
    const freed = Math.round(this.sum(this.messages) - this.sum(messages))
    const from = firstChange(this.old, messages)
    const behind = Math.round(this.sum(this.old.slice(from)))
    const { before, cached } = this
    this.steps.push({
      strategy,
      freed,
      from,
      cacheLost: cached === undefined ? behind : Math.max(0, Math.min(cached, cached + behind - before)),
      dropped: this.messages.length - messages.length,
      cleared,
      failed: undefined
    })
    this.history = made.success
    this.messages = messages
    this.tokens -= freed
    this.isCounted = false
    return undefined
  }

  /** Leaves out the thinking that no longer may be sent once anything before it changes. */
  strip(): void {
    this.put("thinking", withoutThinking(this.messages), 0)
  }

  /** Takes a change over, if it is a conversation; bound thinking behind it goes. */
  take(strategy: string, messages: ReadonlyArray<MessageParam>, cleared: number): InvalidHistory | undefined {
    const isBehind = firstChange(this.messages, messages) > lastThinking(this.messages)
    const failed = this.put(strategy, messages, cleared)
    if (failed !== undefined || !this.isBound) return failed
    if (isBehind) this.isSpared = true
    else if (lastThinking(messages) >= 0) this.strip()
    return undefined
  }

  failed(strategy: string, failed: ClaudeError | InvalidHistory): void {
    this.steps.push({ strategy, freed: 0, from: this.old.length, cacheLost: 0, dropped: 0, cleared: 0, failed })
  }

  /** Learns from a count of what is left. */
  learn(told: number): void {
    if (this.since - told < (this.since - this.tokens) * leastFreed) this.boost *= 2
    this.since = this.tokens = told
    this.scale = Count.known(this.history, this.prompt, told).scale
    this.isCounted = true
  }
}
