/**
 * A second request when the first is slow to begin its answer: whichever begins first is read, the other is given up. It
 * shortens the slowest answers and costs tokens, at worst twice: off by default. It sits inside retry, and each of the two
 * passes breaker and limiter of its own.
 */
import * as Duration from "effect/Duration"

export interface Hedge {
  /** The second request leaves when so large a share of answers would have begun. */
  readonly percentile: number
  /** Answers that must have been seen before there is any second request. */
  readonly warmUp: number
  /** Of so many of the last answers the percentile is taken. */
  readonly window: number
  /** Never earlier than this. */
  readonly shortest: Duration.Duration
}

export interface Options {
  readonly percentile?: number
  readonly warmUp?: number
  readonly window?: number
  readonly shortest?: Duration.Input
}

/** After the 95th percentile of the last 100 answers, at least a second, once 20 have been seen. */
export const standard: Hedge = { percentile: 0.95, warmUp: 20, window: 100, shortest: Duration.seconds(1) }

/** The standard with what is given in its place. */
export const make = (options: Options = {}): Hedge => ({
  percentile: options.percentile ?? standard.percentile,
  warmUp: options.warmUp ?? standard.warmUp,
  window: options.window ?? standard.window,
  shortest: options.shortest === undefined ? standard.shortest : Duration.fromInputUnsafe(options.shortest)
})
