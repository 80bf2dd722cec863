/** What a request needs of a limit, and what several need together. */

export interface Need {
  readonly requests: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** How far the input may be off, in tokens. */
  readonly doubt: number
}

export class Sum {
  requests = 0
  inputTokens = 0
  outputTokens = 0

  add(need: Need, sign: 1 | -1): void {
    this.requests += sign * need.requests
    this.inputTokens += sign * need.inputTokens
    this.outputTokens += sign * need.outputTokens
  }
}
