/**
 * Money: what a request costs by prices that you give, and accounts from which it is taken before it is spent. None are
 * shipped, because none here could be checked.
 */
import * as Schema from "effect/Schema"
import * as ClaudeError from "../errors/ClaudeError.ts"
import { type Amount, nothing, plus } from "./internal/amount.ts"

export type { Amount } from "./internal/amount.ts"

/** US dollars for a million tokens. */
export interface Price {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite: number
}

/** By model. */
export interface Prices {
  readonly [model: string]: Price
}

/** A price that is no number, or is below zero. */
export class InvalidPrice extends Schema.TaggedError<InvalidPrice>()("InvalidPrice", {
  problems: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return this.problems.join("\n")
  }
}

const parts = ["input", "output", "cacheRead", "cacheWrite"] as const

/** Checks a table of prices in US dollars for a million tokens; throws `InvalidPrice` for what is no price. */
export const prices = (table: Prices): Prices => {
  const problems = Object.entries(table).flatMap(([model, price]) =>
    parts.filter((part) => !(Number.isFinite(price[part]) && price[part] >= 0)).map((part) =>
      `The price ${part} of ${model} is ${price[part]}: give dollars for a million tokens.`
    )
  )
  if (problems.length > 0) throw new InvalidPrice({ problems })
  return table
}

/** The price of a model, or of the alias of which it is the dated version; undefined where none is given. */
export const priceOf = (table: Prices, model: string): Price | undefined => {
  if (Object.hasOwn(table, model)) return table[model]
  const alias = model.replace(/[-@]\d{8}$/, "")
  return Object.hasOwn(table, alias) ? table[alias] : undefined
}

/** Dollars. */
export const cost = (price: Price, usage: Omit<ClaudeError.Usage, "estimated">): number =>
  (usage.inputTokens * price.input + usage.cacheCreationTokens * price.cacheWrite +
    usage.cacheReadTokens * price.cacheRead + usage.outputTokens * price.output) / 1_000_000

const names = ["usd", "inputTokens", "outputTokens"] as const

/**
 * Caps on money and tokens. Reserved before a request, settled after it, here and in every account above, so that runs
 * within runs and runs side by side share what there is.
 */
export class Account {
  readonly caps: Amount
  readonly above: Account | undefined
  private taken = nothing
  private held = nothing

  constructor(caps: Partial<Amount> = {}, above?: Account, taken: Amount = nothing) {
    this.caps = { usd: Infinity, inputTokens: Infinity, outputTokens: Infinity, ...caps }
    this.above = above
    this.taken = taken
  }

  get settled(): Amount {
    return this.taken
  }

  get reserved(): Amount {
    return this.held
  }

  /** Whether money is limited, here or above. */
  get capsMoney(): boolean {
    return Number.isFinite(this.caps.usd) || (this.above?.capsMoney ?? false)
  }

  /** The used share of the cap on money that is nearest to its end, here or above, reserves included; 0 without a cap. */
  get share(): number {
    const { usd } = this.caps
    const own = !Number.isFinite(usd) ? 0 : usd === 0 ? 1 : (this.taken.usd + this.held.usd) / usd
    return Math.max(own, this.above?.share ?? 0)
  }

  /** The first cap that so much more would pass, here or above. */
  short(amount: Amount): ClaudeError.SpendExceeded | undefined {
    const all = plus(plus(this.taken, this.held), amount)
    const limit = names.find((name) => all[name] > this.caps[name])
    return limit === undefined
      ? this.above?.short(amount)
      : new ClaudeError.SpendExceeded({ limit, spent: this.taken[limit], cap: this.caps[limit] })
  }

  /** Takes so much into reserve, or nothing and says which cap is in the way. */
  reserve(amount: Amount): ClaudeError.SpendExceeded | undefined {
    const short = this.short(amount)
    if (short === undefined) this.hold(amount, 1)
    return short
  }

  /** Ends a reserve with what was really used. */
  settle(reserved: Amount, used: Amount): void {
    this.hold(reserved, -1)
    this.take(used)
  }

  private hold(amount: Amount, sign: 1 | -1): void {
    this.held = plus(this.held, amount, sign)
    this.above?.hold(amount, sign)
  }

  private take(used: Amount): void {
    this.taken = plus(this.taken, used)
    this.above?.take(used)
  }
}
