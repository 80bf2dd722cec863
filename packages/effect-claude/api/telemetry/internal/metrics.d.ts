export interface Definition {
    readonly name: string;
    readonly type: "counter" | "gauge" | "histogram";
    readonly unit: string;
    readonly labels: ReadonlyArray<string>;
    readonly says: string;
    readonly boundaries?: ReadonlyArray<number>;
    readonly combine?: "sum" | "max" | "min";
}
export declare const duration: {
    readonly name: "gen_ai.client.operation.duration";
    readonly type: "histogram";
    readonly unit: "s";
    readonly labels: readonly ["gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "server.address", "error.type"];
    readonly says: "Time of a call with all its tries and waits.";
    readonly boundaries: number[];
};
export declare const firstChunk: {
    readonly name: "gen_ai.client.operation.time_to_first_chunk";
    readonly type: "histogram";
    readonly unit: "s";
    readonly labels: readonly ["gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "server.address"];
    readonly says: "Time from the call of a stream to its first events.";
    readonly boundaries: number[];
};
export declare const usage: {
    readonly name: "gen_ai.client.token.usage";
    readonly type: "histogram";
    readonly unit: "{token}";
    readonly labels: readonly ["gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "server.address", "gen_ai.token.type"];
    readonly says: "Tokens of a call; input counts cached tokens too.";
    readonly boundaries: number[];
};
export declare const calls: {
    readonly name: "effect_claude_calls_total";
    readonly type: "counter";
    readonly unit: "{call}";
    readonly labels: readonly ["model", "reason"];
    readonly says: "Calls that ended; reason is none for a success.";
};
export declare const attempts: {
    readonly name: "effect_claude_attempts_total";
    readonly type: "counter";
    readonly unit: "{request}";
    readonly labels: readonly ["model", "reason"];
    readonly says: "Requests that ended; reason is none for a success.";
};
export declare const retries: {
    readonly name: "effect_claude_retries_total";
    readonly type: "counter";
    readonly unit: "{retry}";
    readonly labels: readonly ["model", "reason", "policy"];
    readonly says: "Retries by what failed before; policy is server or schedule, whichever set the wait.";
};
export declare const refused: {
    readonly name: "effect_claude_retries_refused_total";
    readonly type: "counter";
    readonly unit: "{retry}";
    readonly labels: readonly ["model", "reason", "policy"];
    readonly says: "Failures that were not tried again; policy is notRetryable, attempts, schedule, deadline, budget or hint.";
};
export declare const waited: {
    readonly name: "effect_claude_wait_seconds_total";
    readonly type: "counter";
    readonly unit: "s";
    readonly labels: readonly ["model", "policy"];
    readonly says: "Time calls waited; policy is bulkhead, limiter, server, schedule or breaker.";
};
export declare const tokenCount: {
    readonly name: "effect_claude_tokens_total";
    readonly type: "counter";
    readonly unit: "{token}";
    readonly labels: readonly ["model", "type"];
    readonly says: "Tokens of all requests, failed ones too; type is input, output, cache_read or cache_write.";
};
export declare const hedges: {
    readonly name: "effect_claude_hedges_total";
    readonly type: "counter";
    readonly unit: "{request}";
    readonly labels: readonly ["model", "result"];
    readonly says: "Second requests; result is started, won or lost.";
};
export declare const fallbacks: {
    readonly name: "effect_claude_fallbacks_total";
    readonly type: "counter";
    readonly unit: "{call}";
    readonly labels: readonly ["model", "reason"];
    readonly says: "Calls that went on to another model; model is the one that was left.";
};
export declare const continuations: {
    readonly name: "effect_claude_continuations_total";
    readonly type: "counter";
    readonly unit: "{request}";
    readonly labels: readonly ["model", "reason"];
    readonly says: "Answers that went on by another request.";
};
export declare const spent: {
    readonly name: "effect_claude_spend_usd_total";
    readonly type: "counter";
    readonly unit: "USD";
    readonly labels: readonly ["model"];
    readonly says: "Money settled by budgets.";
};
export declare const circuitChanges: {
    readonly name: "effect_claude_breaker_changes_total";
    readonly type: "counter";
    readonly unit: "{change}";
    readonly labels: readonly ["model", "state"];
    readonly says: "Changes of circuits; state is the new one.";
};
export declare const spendShare: {
    readonly name: "effect_claude_spend_ratio";
    readonly type: "gauge";
    readonly unit: "1";
    readonly labels: readonly [];
    readonly says: "The used share of the budget of money that is nearest to its cap.";
    readonly combine: "max";
};
export declare const circuit: {
    readonly name: "effect_claude_breaker_state";
    readonly type: "gauge";
    readonly unit: "1";
    readonly labels: readonly ["model", "server.address"];
    readonly says: "0 closed, 1 half open, 2 open, 3 isolated by hand.";
    readonly combine: "max";
};
export declare const available: {
    readonly name: "effect_claude_limiter_available";
    readonly type: "gauge";
    readonly unit: "1";
    readonly labels: readonly ["limiter", "model", "dimension"];
    readonly says: "What could be taken now; dimension is requests, input_tokens or output_tokens. Only known limits.";
    readonly combine: "min";
};
export declare const limit: {
    readonly name: "effect_claude_limiter_limit";
    readonly type: "gauge";
    readonly unit: "1";
    readonly labels: readonly ["limiter", "model", "dimension"];
    readonly says: "The limit per minute, as configured or learned.";
    readonly combine: "min";
};
export declare const queued: {
    readonly name: "effect_claude_limiter_queue";
    readonly type: "gauge";
    readonly unit: "{call}";
    readonly labels: readonly ["limiter", "model"];
    readonly says: "Calls that wait in the limiter's queue.";
    readonly combine: "sum";
};
export declare const inFlight: {
    readonly name: "effect_claude_limiter_in_flight";
    readonly type: "gauge";
    readonly unit: "{request}";
    readonly labels: readonly ["limiter", "model"];
    readonly says: "Requests that hold a place of the limiter.";
    readonly combine: "sum";
};
export declare const budget: {
    readonly name: "effect_claude_retry_budget";
    readonly type: "gauge";
    readonly unit: "{retry}";
    readonly labels: readonly ["server.address"];
    readonly says: "Retries that the budget could pay now.";
    readonly combine: "min";
};
export declare const running: {
    readonly name: "effect_claude_calls_in_flight";
    readonly type: "gauge";
    readonly unit: "{call}";
    readonly labels: readonly [];
    readonly says: "Calls that have begun and not ended.";
    readonly combine: "sum";
};
export declare const alert: {
    readonly name: "effect_claude_alert";
    readonly type: "gauge";
    readonly unit: "{client}";
    readonly labels: readonly ["reason"];
    readonly says: "Clients whose last word was BillingBlocked or AccountOnHold; 0 again after a success.";
    readonly combine: "sum";
};
export declare const lost: {
    readonly name: "effect_claude_events_lost_total";
    readonly type: "counter";
    readonly unit: "{event}";
    readonly labels: readonly [];
    readonly says: "Events that slow readers of `ClaudeTelemetry.events` did not get.";
};
export declare const all: ReadonlyArray<Definition>;
