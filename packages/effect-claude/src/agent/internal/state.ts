/** What one run knows while it runs: its history, what it has counted and spent, and how much time it has. */
import * as History from "../../conversation/History.ts"
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import { addUsage, noUsage } from "../../errors/internal/fields.ts"
import type { Bounds, LimitName } from "../LoopGuard.ts"
import { empty } from "../LoopGuard.ts"
import { Account, cost, type Price, priceOf, type Prices } from "../Spend.ts"
import { type Amount, nothing, plus } from "./amount.ts"
import type { Billed } from "./billed.ts"
import type { Progress, Spent } from "./outcomes.ts"
import type { Within } from "./settings.ts"

export const noProgress: Progress = {
  turns: 0,
  toolCalls: 0,
  callsPerTool: {},
  pauses: 0,
  elapsed: 0,
  leaked: 0,
  memory: empty,
  longest: 0
}

export const nothingSpent: Spent = { usage: noUsage }

export const inputOf = (usage: ClaudeError.Usage): number =>
  usage.inputTokens + usage.cacheCreationTokens + usage.cacheReadTokens

/** Characters for a token, where nothing better is known: few, so that a forecast is rather high. */
const charactersPerToken = 3
/** Output tokens that money is reserved for before any answer has come. */
const firstAnswer = 256

const added = (spent: Spent, usage: ClaudeError.Usage, usd: number | undefined): Spent => {
  const total = addUsage(spent.usage, usage)
  return usd === undefined ? { ...spent, usage: total } : { usd: (spent.usd ?? 0) + usd, usage: total }
}

export interface Begin {
  readonly history: History.History
  readonly progress: Progress
  readonly spent: Spent
}

export interface Rules {
  readonly bounds: Bounds
  readonly prices: Prices | undefined
  readonly model: string
  readonly within: Within | undefined
  readonly root: Account
  /** Characters of the request beside its messages. */
  readonly base: number
  readonly now: () => number
  /** Told of money that was settled, where somebody listens. */
  readonly told?: ((model: string, usd: number) => void) | undefined
}

export class State {
  history: History.History
  progress: Progress
  spent: Spent
  readonly account: Account
  readonly within: Within
  readonly until: number
  /** What runs within this one had taken before. */
  private readonly inner: Amount
  private readonly began: number
  private readonly before: number
  private readonly rules: Rules
  private readonly price: Price | undefined
  /** The input of the last request, and the characters of the history then. */
  private measured: { readonly tokens: number; readonly length: number } | undefined

  constructor({ history, progress, spent }: Begin, rules: Rules) {
    const { bounds, now, prices, within } = rules
    this.history = history
    this.progress = progress
    this.spent = spent
    this.rules = rules
    this.price = prices === undefined ? undefined : priceOf(prices, rules.model)
    this.began = now()
    this.before = progress.elapsed
    this.until = Math.min(this.began + bounds.wallTime - this.before, within?.until ?? Infinity)
    this.inner = progress.within ?? nothing
    this.account = new Account(
      { usd: bounds.usd, inputTokens: bounds.inputTokens, outputTokens: bounds.outputTokens },
      within?.account ?? rules.root,
      plus(this.inner, {
        usd: spent.usd ?? 0,
        inputTokens: inputOf(spent.usage),
        outputTokens: spent.usage.outputTokens
      })
    )
    const depth = (within?.depth ?? -1) + 1
    this.within = {
      depth,
      maxDepth: Math.min(depth + bounds.depth, within?.maxDepth ?? Infinity),
      account: new Account({}, this.account),
      until: this.until
    }
  }

  get isTooDeep(): boolean {
    return this.within.depth > (this.rules.within?.maxDepth ?? Infinity)
  }

  get left(): number {
    return this.until - this.rules.now()
  }

  /** The same with the time until now, and what runs within have taken. */
  get counted(): Progress {
    const within = plus(this.inner, this.within.account.settled)
    return {
      ...this.progress,
      elapsed: this.before + this.rules.now() - this.began,
      ...(within.inputTokens + within.outputTokens > 0 ? { within } : {})
    }
  }

  count(more: Partial<Progress>): void {
    this.progress = { ...this.progress, ...more }
  }

  /** What the next request is expected to use: input as that of the last, plus what was added; output as the longest. */
  forecast(maxTokens: number): Amount {
    const length = this.rules.base + History.toJson(this.history).length
    const { measured, price } = this
    const added = length - (measured?.length ?? 0)
    const inputTokens = (measured?.tokens ?? 0) + Math.ceil(Math.max(0, added) / charactersPerToken)
    const outputTokens = Math.min(maxTokens, Math.max(this.progress.longest, 1))
    const priced = Math.min(maxTokens, Math.max(outputTokens, firstAnswer))
    const usage = { inputTokens, cacheCreationTokens: 0, cacheReadTokens: 0, outputTokens: priced }
    return { usd: price === undefined ? 0 : cost(price, usage), inputTokens, outputTokens }
  }

  /** Another history in place of this one, of so many tokens by the last count. */
  replace(history: History.History, tokens: number): void {
    this.history = history
    this.measured = { tokens, length: this.rules.base + History.toJson(history).length }
  }

  /** What the newest answer in the history used, where it was asked for by this process. */
  latest: ClaudeError.Usage | undefined

  /** A request beside the loop's own, which could not be reserved for. */
  charge(usage: ClaudeError.Usage, model: string): void {
    this.settle(nothing, { ...usage, estimated: true }, model)
  }

  /** Takes what a request used from what was reserved for it. */
  settle(reserved: Amount, usage: ClaudeError.Usage, model: string | undefined): void {
    this.book(reserved, usage, this.costOf(usage, model), model)
    // An answer that broke off, or none at all, tells nothing of the next.
    if (!usage.estimated && model !== undefined) {
      this.latest = usage
      this.measured = { tokens: inputOf(usage), length: this.rules.base + History.toJson(this.history).length }
      this.count({ longest: Math.max(this.progress.longest, usage.outputTokens) })
    }
  }

  /** A request that was never sent. */
  release(reserved: Amount): void {
    this.account.settle(reserved, nothing)
  }

  /** A request that was interrupted: what was reserved for it counts. */
  forfeit(reserved: Amount): void {
    this.lose(reserved, { known: [], unknown: 1 })
  }

  /** A request without an answer: what is known of its tries counts, and for each of the others what was reserved. */
  lose(reserved: Amount, { known, unknown }: Billed): void {
    this.release(reserved)
    for (const { model, usage } of known) this.book(nothing, usage, this.costOf(usage, model), model)
    for (let left = unknown; left > 0; left--) this.book(nothing, ...this.estimate(reserved), undefined)
  }

  /** What is spent once a request is forfeited. */
  ifForfeited(reserved: Amount): Spent {
    return added(this.spent, ...this.estimate(reserved))
  }

  private costOf(usage: ClaudeError.Usage, model: string | undefined): number | undefined {
    const { prices } = this.rules
    // A model without a price is charged as the one that was asked for.
    const price = (prices === undefined || model === undefined ? undefined : priceOf(prices, model)) ?? this.price
    return price === undefined ? undefined : cost(price, usage)
  }

  private estimate({ inputTokens, outputTokens, usd }: Amount): readonly [ClaudeError.Usage, number | undefined] {
    const usage = { ...noUsage, inputTokens, outputTokens, estimated: true }
    return [usage, this.price === undefined ? undefined : usd]
  }

  private book(reserved: Amount, usage: ClaudeError.Usage, usd: number | undefined, model: string | undefined): void {
    if (usd !== undefined && usd > 0) this.rules.told?.(model ?? this.rules.model, usd)
    this.account.settle(reserved, { usd: usd ?? 0, inputTokens: inputOf(usage), outputTokens: usage.outputTokens })
    this.spent = added(this.spent, usage, usd)
  }

  /** The limit that allows no further request. */
  get spentLimit(): LimitName | undefined {
    if (this.progress.turns >= this.rules.bounds.turns) return "turns"
    return this.left <= 0 ? "wallTime" : undefined
  }
}
