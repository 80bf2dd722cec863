/** Money and tokens, taken or held together. */

/** What is taken from an account. */
export interface Amount {
  readonly usd: number
  readonly inputTokens: number
  readonly outputTokens: number
}

export const nothing: Amount = { usd: 0, inputTokens: 0, outputTokens: 0 }

export const plus = (a: Amount, b: Amount, sign: 1 | -1 = 1): Amount => ({
  usd: a.usd + sign * b.usd,
  inputTokens: a.inputTokens + sign * b.inputTokens,
  outputTokens: a.outputTokens + sign * b.outputTokens
})
