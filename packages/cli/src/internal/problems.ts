/** What ends a run before or while it goes on, in words for the person at the terminal. */
import * as Schema from "effect/Schema"

/** The input, the flags or the output as they were found make a run impossible; nothing was sent. Exit 2. */
export class BadInput extends Schema.TaggedError<BadInput>()("BadInput", { problems: Schema.Array(Schema.String) }) {
  override get message(): string {
    return this.problems.join("\n")
  }
}

/** The output can no longer be written; what was written is valid. Exit 3. */
export class OutputFailed extends Schema.TaggedError<OutputFailed>()("OutputFailed", {
  path: Schema.String,
  problem: Schema.String
}) {
  override get message(): string {
    return `${this.path}: ${this.problem}. What was written so far is valid; run the same command again to go on.`
  }
}

/** A system error's text without its stack. */
export const textOf = (cause: unknown): string => cause instanceof Error ? cause.message : String(cause)
