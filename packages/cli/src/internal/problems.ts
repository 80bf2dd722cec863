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

const words: ReadonlyMap<string, string> = new Map([
  ["EACCES", "you have no permission"],
  ["EADDRINUSE", "something listens there already"],
  ["EDQUOT", "your disk quota is used up"],
  ["EISDIR", "it is a folder"],
  ["ENOENT", "there is no such file or folder"],
  ["ENOSPC", "the disk is full"],
  ["ENOTDIR", "a part of the path is no folder"],
  ["EPERM", "it is not permitted"],
  ["EROFS", "the disk is read-only"]
])

/** A system error's text without its stack. */
export const textOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause)
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : ""
  const said = words.get(code)
  return said === undefined ? cause.message : `${said} (${cause.message})`
}
