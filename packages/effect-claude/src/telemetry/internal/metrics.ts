/** The metrics there are: names and units of the OpenTelemetry conventions for generative AI, and ours. */

/** A metric as it is exported; `combine` says how one series shows several sources. */
export interface Definition {
  readonly name: string
  readonly type: "counter" | "gauge" | "histogram"
  /** UCUM, as the conventions write it. */
  readonly unit: string
  readonly labels: ReadonlyArray<string>
  readonly says: string
  readonly boundaries?: ReadonlyArray<number>
  readonly combine?: "sum" | "max" | "min"
}

/** The conventions' bounds, and three more: a call may take ten minutes. */
const seconds = [
  0.01,
  0.02,
  0.04,
  0.08,
  0.16,
  0.32,
  0.64,
  1.28,
  2.56,
  5.12,
  10.24,
  20.48,
  40.96,
  81.92,
  163.84,
  327.68,
  655.36
]
const tokens = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864]

const conventional = [
  "gen_ai.operation.name",
  "gen_ai.provider.name",
  "gen_ai.request.model",
  "server.address"
] as const

export const duration = {
  name: "gen_ai.client.operation.duration",
  type: "histogram",
  unit: "s",
  labels: [...conventional, "error.type"],
  says: "Time of a call with all its tries and waits.",
  boundaries: seconds
} as const satisfies Definition

export const firstChunk = {
  name: "gen_ai.client.operation.time_to_first_chunk",
  type: "histogram",
  unit: "s",
  labels: conventional,
  says: "Time from the call of a stream to its first events.",
  boundaries: seconds
} as const satisfies Definition

export const usage = {
  name: "gen_ai.client.token.usage",
  type: "histogram",
  unit: "{token}",
  labels: [...conventional, "gen_ai.token.type"],
  says: "Tokens of a call; input counts cached tokens too.",
  boundaries: tokens
} as const satisfies Definition

export const calls = {
  name: "effect_claude_calls_total",
  type: "counter",
  unit: "{call}",
  labels: ["model", "reason"],
  says: "Calls that ended; reason is none for a success."
} as const satisfies Definition

export const attempts = {
  name: "effect_claude_attempts_total",
  type: "counter",
  unit: "{request}",
  labels: ["model", "reason"],
  says: "Requests that ended; reason is none for a success."
} as const satisfies Definition

export const retries = {
  name: "effect_claude_retries_total",
  type: "counter",
  unit: "{retry}",
  labels: ["model", "reason", "policy"],
  says: "Retries by what failed before; policy is server or schedule, whichever set the wait."
} as const satisfies Definition

export const refused = {
  name: "effect_claude_retries_refused_total",
  type: "counter",
  unit: "{retry}",
  labels: ["model", "reason", "policy"],
  says: "Failures that were not tried again; policy is notRetryable, attempts, schedule, deadline, budget or hint."
} as const satisfies Definition

export const waited = {
  name: "effect_claude_wait_seconds_total",
  type: "counter",
  unit: "s",
  labels: ["model", "policy"],
  says: "Time calls waited; policy is bulkhead, limiter, server, schedule or breaker."
} as const satisfies Definition

export const tokenCount = {
  name: "effect_claude_tokens_total",
  type: "counter",
  unit: "{token}",
  labels: ["model", "type"],
  says: "Tokens of all requests, failed ones too; type is input, output, cache_read or cache_write."
} as const satisfies Definition

export const hedges = {
  name: "effect_claude_hedges_total",
  type: "counter",
  unit: "{request}",
  labels: ["model", "result"],
  says: "Second requests; result is started, won or lost."
} as const satisfies Definition

export const fallbacks = {
  name: "effect_claude_fallbacks_total",
  type: "counter",
  unit: "{call}",
  labels: ["model", "reason"],
  says: "Calls that went on to another model; model is the one that was left."
} as const satisfies Definition

export const continuations = {
  name: "effect_claude_continuations_total",
  type: "counter",
  unit: "{request}",
  labels: ["model", "reason"],
  says: "Answers that went on by another request."
} as const satisfies Definition

export const spent = {
  name: "effect_claude_spend_usd_total",
  type: "counter",
  unit: "USD",
  labels: ["model"],
  says: "Money settled by budgets."
} as const satisfies Definition

export const circuitChanges = {
  name: "effect_claude_breaker_changes_total",
  type: "counter",
  unit: "{change}",
  labels: ["model", "state"],
  says: "Changes of circuits; state is the new one."
} as const satisfies Definition

export const spendShare = {
  name: "effect_claude_spend_ratio",
  type: "gauge",
  unit: "1",
  labels: [],
  says: "The used share of the budget of money that is nearest to its cap.",
  combine: "max"
} as const satisfies Definition

export const circuit = {
  name: "effect_claude_breaker_state",
  type: "gauge",
  unit: "1",
  labels: ["model", "server.address"],
  says: "0 closed, 1 half open, 2 open, 3 isolated by hand.",
  combine: "max"
} as const satisfies Definition

export const available = {
  name: "effect_claude_limiter_available",
  type: "gauge",
  unit: "1",
  labels: ["limiter", "model", "dimension"],
  says: "What could be taken now; dimension is requests, input_tokens or output_tokens. Only known limits.",
  combine: "min"
} as const satisfies Definition

export const limit = {
  name: "effect_claude_limiter_limit",
  type: "gauge",
  unit: "1",
  labels: ["limiter", "model", "dimension"],
  says: "The limit per minute, as configured or learned.",
  combine: "min"
} as const satisfies Definition

export const queued = {
  name: "effect_claude_limiter_queue",
  type: "gauge",
  unit: "{call}",
  labels: ["limiter", "model"],
  says: "Calls that wait in the limiter's queue.",
  combine: "sum"
} as const satisfies Definition

export const inFlight = {
  name: "effect_claude_limiter_in_flight",
  type: "gauge",
  unit: "{request}",
  labels: ["limiter", "model"],
  says: "Requests that hold a place of the limiter.",
  combine: "sum"
} as const satisfies Definition

export const budget = {
  name: "effect_claude_retry_budget",
  type: "gauge",
  unit: "{retry}",
  labels: ["server.address"],
  says: "Retries that the budget could pay now.",
  combine: "min"
} as const satisfies Definition

export const running = {
  name: "effect_claude_calls_in_flight",
  type: "gauge",
  unit: "{call}",
  labels: [],
  says: "Calls that have begun and not ended.",
  combine: "sum"
} as const satisfies Definition

export const alert = {
  name: "effect_claude_alert",
  type: "gauge",
  unit: "{client}",
  labels: ["reason"],
  says: "Clients whose last word was BillingBlocked or AccountOnHold; 0 again after a success.",
  combine: "sum"
} as const satisfies Definition

export const lost = {
  name: "effect_claude_events_lost_total",
  type: "counter",
  unit: "{event}",
  labels: [],
  says: "Events that slow readers of `ClaudeTelemetry.events` did not get."
} as const satisfies Definition

/** All of them. */
export const all: ReadonlyArray<Definition> = [
  duration,
  firstChunk,
  usage,
  calls,
  attempts,
  retries,
  refused,
  waited,
  tokenCount,
  spent,
  spendShare,
  hedges,
  fallbacks,
  continuations,
  circuit,
  circuitChanges,
  available,
  limit,
  queued,
  inFlight,
  budget,
  running,
  alert,
  lost
]
