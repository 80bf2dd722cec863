/** A request as the rules see it: read once, whatever it is. */
import { type Block, type Fields, isFields, shown, type Turn, turnsOf } from "../../../conversation/internal/turns.ts"
import type * as ClaudeError from "../../../errors/ClaudeError.ts"
import type { ModelFacts } from "./facts.ts"

export type Violation = ClaudeError.Violation

export interface Subject {
  readonly params: Fields
  readonly messages: ReadonlyArray<unknown>
  readonly turns: ReadonlyArray<Turn>
  readonly tools: ReadonlyArray<unknown>
  readonly facts: ModelFacts | undefined
  /** The API version whose rules are known to hold: not for other platforms. */
  readonly direct: boolean
  /** False where the caller insists on a JSON answer. */
  readonly streamed: boolean | undefined
  /** True where only tokens are counted. */
  readonly counting: boolean
}

/** A thread that goes on sends only what is new: what needs the whole conversation is not known. */
export const continued = ({ params }: Subject): boolean =>
  isFields(params["thread"]) && params["thread"]["type"] === "continue"

/** Rules that are checked together. */
export interface Rules {
  /** Each by its name, and what it says. */
  readonly rules: { readonly [name: string]: string }
  /** Where the API says so. */
  readonly source: string
  readonly check: (subject: Subject) => ReadonlyArray<Violation>
}

export const list = (value: unknown): ReadonlyArray<unknown> => Array.isArray(value) ? value : []

export const subjectOf = (
  params: Fields,
  options: Pick<Subject, "facts" | "direct" | "streamed" | "counting">
): Subject => {
  const messages = list(params["messages"])
  return { params, messages, turns: turnsOf(messages), tools: list(params["tools"]), ...options }
}

/** A block anywhere in the messages, those inside results too. */
export interface Placed {
  readonly path: string
  readonly role: unknown
  readonly type: string
  readonly fields: Fields
  /** Inside of a tool result. */
  readonly inner: boolean
}

const placed = (path: string, role: unknown, fields: Fields, inner: boolean): Placed => ({
  inner,
  path,
  role,
  type: typeof fields["type"] === "string" ? fields["type"] : "",
  fields
})

/** Calls `see` with each block of the messages in order, and with those inside of tool results. */
export const eachBlock = (subject: Subject, see: (block: Placed) => void): void => {
  for (const turn of subject.turns) {
    for (const block of turn.blocks) {
      const path = `messages.${block.message}.content.${block.at}`
      see(placed(path, turn.role, block.fields, false))
      if (block.type !== "tool_result") continue
      for (const [at, inner] of list(block.fields["content"]).entries()) {
        if (isFields(inner)) see(placed(`${path}.content.${at}`, turn.role, inner, true))
      }
    }
  }
}

export { type Block, type Fields, isFields, shown, type Turn }
