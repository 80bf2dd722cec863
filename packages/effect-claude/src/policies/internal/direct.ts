/**
 * What limiter, breaker and budget do in one step where nobody has to wait or be refused, so that a call can take all of
 * it in one. It is found by the service's own methods: one that somebody has put in their place has none, and is run.
 */
import type { Changed, ClaudeCircuitBreaker } from "../ClaudeCircuitBreaker.ts"
import type { ClaudeRateLimiter, ReserveRequest } from "../ClaudeRateLimiter.ts"
import type { RetryBudget } from "../RetryBudget.ts"
import type { Held } from "./held.ts"
import type { Pass } from "./pass.ts"

type Limiter = ClaudeRateLimiter["Service"]
type Breaker = ClaudeCircuitBreaker["Service"]
type Budget = RetryBudget["Service"]

/** Undefined: `reserve` has to say. */
type Reserve = (request: ReserveRequest) => Held | undefined
/** The way into a circuit that is not blocked now. Undefined: `check` and `acquire` have to say. */
type Enter = (key: string) => ((changed: Changed | undefined) => Pass) | undefined

export const reserving = new WeakMap<Limiter["reserve"], Reserve>()
export const entering = new WeakMap<Breaker["acquire"], { readonly check: Breaker["check"]; readonly enter: Enter }>()
export const depositing = new WeakMap<Budget["deposit"], () => undefined>()

/** What a call is run with. */
export interface Services {
  readonly limiter: Limiter
  readonly breaker: Breaker
  readonly budget: Budget
  readonly reserve: Reserve | undefined
  readonly enter: Enter | undefined
  readonly deposit: (() => undefined) | undefined
}

export const reserveOf = (limiter: Limiter): Reserve | undefined => reserving.get(limiter.reserve)

export const enterOf = (breaker: Breaker): Enter | undefined => {
  const entered = entering.get(breaker.acquire)
  return entered?.check === breaker.check ? entered.enter : undefined
}

export const services = (limiter: Limiter, breaker: Breaker, budget: Budget): Services => ({
  limiter,
  breaker,
  budget,
  reserve: reserveOf(limiter),
  enter: enterOf(breaker),
  deposit: depositing.get(budget.deposit)
})
