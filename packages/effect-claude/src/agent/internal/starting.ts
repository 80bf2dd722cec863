/** What can be wrong with a run before its first request. */
import * as Schema from "effect/Schema"

/** A limit on money and no price for the model: nothing is sent. */
export class UnknownPrice extends Schema.TaggedError<UnknownPrice>()("UnknownPrice", { model: Schema.String }) {
  override get message(): string {
    return `Money is limited, but no price is known for ${this.model}: give it with ToolLoop.layer({ prices: Spend.prices({ … }) }).`
  }
}

/** Calls that were not decided. */
export class UndecidedCalls extends Schema.TaggedError<UndecidedCalls>()("UndecidedCalls", {
  calls: Schema.Array(Schema.String)
}) {
  override get message(): string {
    return `Decide every call that waits for approval: ${this.calls.join(", ")}.`
  }
}

/** The run has gone on since this outcome: it was resumed or recovered before. */
export class StaleOutcome extends Schema.TaggedError<StaleOutcome>()("StaleOutcome", { runId: Schema.String }) {
  override get message(): string {
    return `The run ${this.runId} has gone on since this outcome; recover it instead.`
  }
}

/** The journal knows nothing of this run. */
export class UnknownRun extends Schema.TaggedError<UnknownRun>()("UnknownRun", { runId: Schema.String }) {
  override get message(): string {
    return `The journal knows no run ${this.runId}.`
  }
}
