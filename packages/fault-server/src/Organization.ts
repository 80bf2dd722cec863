/**
 * A seeded simulation of an account: limits per model class counted as documented (input plus cache writes, cache reads
 * free; output as it is produced; `max_tokens` without effect), headers, latency, overload, broken connections, a cap.
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Fault from "./Fault.ts"
import { Ramp } from "./internal/ramp.ts"
import * as Random from "./internal/random.ts"
import { Supply } from "./internal/supply.ts"
import * as Tokens from "./internal/tokens.ts"
import * as Models from "./Models.ts"
import * as Reply from "./Reply.ts"

export interface Limits {
  readonly requestsPerMinute: number
  readonly inputTokensPerMinute: number
  readonly outputTokensPerMinute: number
}

/** A time of overload in seconds from the start: 529 at that rate. */
export interface Episode {
  readonly from: number
  readonly to: number
  readonly rate: number
}

export interface Options {
  readonly seed?: number
  /** Per model class; the default for classes that are not named is `tiers.start`. */
  readonly limits?: Limits | ((limitClass: string) => Limits)
  /** The share of a minute that may come at once; default 1. */
  readonly burst?: number
  /** Shrinks its minutes: 60 makes a minute last a second. */
  readonly speed?: number
  /** Milliseconds to the first token, and tokens a second after it. */
  readonly latency?: { readonly firstToken: number; readonly tokensPerSecond: number; readonly spread: number }
  readonly overload?: ReadonlyArray<Episode>
  /** Shares of accepted requests that are reset before headers, and of streams that are cut. */
  readonly resets?: number
  readonly cuts?: number
  /** Output tokens after which every request gets a 429 that does not heal. */
  readonly spendCap?: number
  /** The share of every limit that others use, below 1; by the seconds of the account's time, if it varies. */
  readonly foreignLoad?: number | ((seconds: number) => number)
  /** Acceleration: requests a minute at first, and the seconds in which that doubles; a quiet minute starts anew. */
  readonly ramp?: { readonly requestsPerMinute: number; readonly doubling: number }
  /** The hint of a 429: until the request fits, until the limit is full again, or none. Default: "fits". */
  readonly retryAfter?: "fits" | "full" | "none"
  /** Whether answers carry rate-limit headers; default true. */
  readonly limitHeaders?: boolean
  readonly input?: (request: Reply.Received) => number
  readonly output?: (request: Reply.Received) => number
}

/** Published limits of one current model class. */
export const tiers = {
  start: { requestsPerMinute: 1000, inputTokensPerMinute: 2_000_000, outputTokensPerMinute: 400_000 },
  build: { requestsPerMinute: 5000, inputTokensPerMinute: 5_000_000, outputTokensPerMinute: 1_000_000 },
  scale: { requestsPerMinute: 10_000, inputTokensPerMinute: 10_000_000, outputTokensPerMinute: 2_000_000 }
} as const satisfies Record<string, Limits>

export interface Stats {
  readonly requests: number
  readonly accepted: number
  readonly limited: number
  readonly overloaded: number
  readonly reset: number
  readonly cut: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** The lowest share of any limit that was ever left; 0 is exactly at the limit. */
  readonly lowest: number
}

export interface Organization {
  readonly handler: Reply.Handler
  readonly stats: Effect.Effect<Stats>
}

const dimensions = ["requests", "input", "output"] as const
type Dimension = typeof dimensions[number]
type Supplies = { readonly [D in Dimension]: Supply }

const headerName = { requests: "requests", input: "input-tokens", output: "output-tokens" } as const
const limitText = { requests: "requests", input: "input tokens", output: "output tokens" } as const

/** Deltas of one streamed answer at most: a longer answer has longer deltas. */
const mostDeltas = 24

const words = "the of and a to in is that it was for on are with as his they at be this from have or by one had not but"
  .split(" ")

const prose = (tokens: number, next: () => number): string => {
  const count = Math.max(1, Math.min(tokens, 4000))
  return Array.from({ length: count }, () => words[Math.floor(next() * words.length)]).join(" ")
}

export const make = (options: Options = {}): Effect.Effect<Organization> =>
  Effect.map(Clock.Clock, (clock) => {
    const { burst = 1, cuts = 0, foreignLoad = 0, overload = [], resets = 0, seed = 1, speed = 1 } = options
    const { limitHeaders = true, retryAfter = "fits" } = options
    const foreign = typeof foreignLoad === "number" ? () => foreignLoad : (at: number) => foreignLoad(at / 1000)
    const ramp = options.ramp === undefined
      ? undefined
      : new Ramp(options.ramp.requestsPerMinute, options.ramp.doubling * 1000)
    const { firstToken, spread, tokensPerSecond } = options.latency ??
      { firstToken: 800, tokensPerSecond: 80, spread: 0.15 }
    const limitsOf = typeof options.limits === "function"
      ? options.limits
      : () => typeof options.limits === "object" ? options.limits : tiers.start
    const draw = {
      latency: Random.random(seed + 1),
      overload: Random.random(seed + 2),
      reset: Random.random(seed + 3),
      cut: Random.random(seed + 4)
    }
    const start = clock.currentTimeMillisUnsafe()
    /** Milliseconds of the account's own time. */
    const now = (): number => (clock.currentTimeMillisUnsafe() - start) * speed
    const classes = new Map<string, Supplies>()
    const stats = {
      requests: 0,
      accepted: 0,
      limited: 0,
      overloaded: 0,
      reset: 0,
      cut: 0,
      inputTokens: 0,
      outputTokens: 0
    }

    const suppliesOf = (limitClass: string): Supplies => {
      let supplies = classes.get(limitClass)
      if (supplies === undefined) {
        const limits = limitsOf(limitClass)
        const at = now()
        const supply = (perMinute: number): Supply => new Supply(perMinute, burst, at, foreign)
        supplies = {
          requests: supply(limits.requestsPerMinute),
          input: supply(limits.inputTokensPerMinute),
          output: supply(limits.outputTokensPerMinute)
        }
        classes.set(limitClass, supplies)
      }
      return supplies
    }

    const headersOf = (supplies: Supplies, at: number): Record<string, string> => {
      const headers: Record<string, string> = {}
      if (!limitHeaders) return headers
      for (const dimension of dimensions) {
        const supply = supplies[dimension]
        const level = Math.max(0, supply.read(at))
        const name = `anthropic-ratelimit-${headerName[dimension]}`
        const full = clock.currentTimeMillisUnsafe() + supply.wait(supply.capacity, at) / speed
        headers[`${name}-limit`] = String(Math.round(supply.perMinute * speed))
        headers[`${name}-remaining`] = String(
          dimension === "requests" ? Math.floor(level) : Math.round(level / 1000) * 1000
        )
        headers[`${name}-reset`] = DateTime.formatIso(DateTime.makeUnsafe(full)).replace(/\.\d+Z$/, "Z")
      }
      return headers
    }

    const outputOf = options.output ?? ((request: Reply.Received): number => {
      const next = Random.random(seed + Random.hash(request.body))
      const cap = Tokens.fields(request.json)["max_tokens"]
      const wanted = Math.round(180 * Math.exp(0.7 * Random.normal(next)))
      return Math.max(1, typeof cap === "number" ? Math.min(cap, wanted) : wanted)
    })
    const inputOf = options.input ?? ((request: Reply.Received) => Tokens.estimate(request.json))

    const limited = (supplies: Supplies, input: number, at: number): Reply.Reply | undefined => {
      const tooFast = ramp?.wait(at) ?? 0
      if (tooFast > 0) {
        stats.limited++
        const hint = retryAfter === "none" ? {} : { "retry-after": String(Math.ceil(tooFast / speed / 1000)) }
        return Reply.error(429, "rate_limit_error", "Your requests have grown too fast. Please ramp up gradually.", {
          headers: { ...headersOf(supplies, at), ...hint },
          code: "ramp_limit_exceeded"
        })
      }
      const needs = { requests: 1, input, output: 1 }
      let wait = 0
      let hit: Dimension | undefined
      for (const dimension of dimensions) {
        const missing = supplies[dimension].wait(needs[dimension], at)
        if (missing > wait) {
          wait = missing
          hit = dimension
        }
      }
      if (hit === undefined) return undefined
      stats.limited++
      const limit = supplies[hit].perMinute
      if (retryAfter === "full") wait = supplies[hit].wait(supplies[hit].capacity, at)
      const hint = retryAfter === "none" ? {} : { "retry-after": String(Math.max(1, Math.ceil(wait / speed / 1000))) }
      return Reply.error(
        429,
        "rate_limit_error",
        `This request would exceed your organization's rate limit of ${Math.round(limit)} ${
          limitText[hit]
        } per minute.`,
        { headers: { ...headersOf(supplies, at), ...hint } }
      )
    }

    const answer = (request: Reply.Received): Reply.Reply => {
      stats.requests++
      const at = now()
      const model = String(Tokens.fields(request.json)["model"] ?? "")
      const supplies = suppliesOf(Models.classOf(model))
      const rate = overload.find((one) => at >= one.from * 1000 && at < one.to * 1000)?.rate ?? 0
      if (draw.overload() < rate) {
        stats.overloaded++
        return { ...Fault.overloaded(), delay: 50 / speed }
      }
      if (options.spendCap !== undefined && stats.outputTokens >= options.spendCap) return Fault.enforcedSpendLimit()
      const input = inputOf(request)
      const refused = limited(supplies, input, at)
      if (refused !== undefined) return refused
      ramp?.take(at)
      supplies.requests.take(1, at)
      supplies.input.take(input, at)
      stats.accepted++
      stats.inputTokens += input
      if (draw.reset() < resets) {
        stats.reset++
        return { ...Fault.resetBeforeHeaders(Reply.json(200, {})), delay: 50 / speed }
      }
      const vary = (value: number): number => value * Math.exp(spread * Random.normal(draw.latency))
      const first = vary(firstToken)
      const perMilli = vary(tokensPerSecond) / 1000
      const output = outputOf(request)
      const stop = supplies.output.produce(output, at + first, perMilli, at)
      stats.outputTokens += output
      const cap = Tokens.fields(request.json)["max_tokens"]
      const message = Reply.message({
        model,
        text: prose(output, Random.random(seed + Random.hash(request.body) + 1)),
        stopReason: output === cap ? "max_tokens" : "end_turn",
        usage: { input_tokens: input, output_tokens: output }
      })
      const headers = headersOf(supplies, at)
      const took = output / perMilli
      const onEnd: NonNullable<Reply.Reply["onEnd"]> = (how) => {
        if (how === "aborted") stop(now())
      }
      if (!Reply.wantsStream(request)) {
        return { ...Reply.json(200, message, headers), delay: (first + took) / speed, onEnd }
      }
      const size = Math.max(24, Math.ceil(String(message.content[0]?.["text"]).length / mostDeltas))
      const deltas = Math.ceil(String(message.content[0]?.["text"]).length / size)
      const reply = {
        ...Reply.stream(message, { deltaSize: size, deltaDelay: took / deltas / speed, headers }),
        delay: first / speed,
        onEnd
      }
      if (draw.cut() >= cuts) return reply
      stats.cut++
      stop(at + first + took / 2)
      return Fault.cutAfterEvents(3 + Math.floor(deltas / 2))(reply)
    }

    return {
      handler: (request) => Effect.sync(() => answer(request)),
      stats: Effect.sync(() => ({
        ...stats,
        lowest: Math.min(
          1,
          ...Array.from(classes.values()).flatMap((supplies) => dimensions.map((name) => supplies[name].lowest))
        )
      }))
    }
  })
