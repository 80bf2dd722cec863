/** `effect-claude check`: whether the API would accept a request, a list of messages, or a file of prompts. */
import { type ClaudeError, History, Preflight } from "effect-claude"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { Ids } from "./internal/ids.ts"
import { parse } from "./internal/input.ts"
import { BadInput } from "./internal/problems.ts"

/** Larger files are not read, in bytes: a request has at most 32 MB, and a file of prompts is checked by `bulk`. */
export const most = 256 * 1024 * 1024

type Violation = ClaudeError.Violation

export interface Checked {
  readonly kind: "request" | "messages" | "prompts"
  readonly violations: ReadonlyArray<Violation>
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Lines of prompts, each under its number; what the line itself has wrong is a violation too. */
const prompts = (text: string): ReadonlyArray<Violation> | undefined => {
  const found: Array<Violation> = []
  const ids = new Ids()
  let good = 0
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue
    const number = index + 1
    const job = parse({ text: line, fault: undefined, number, start: 0, end: 0, whole: true })
    const path = `line ${number}`
    const fault = (message: string, fix: string): void => void found.push({ path, rule: "line", message, fix })
    if (typeof job === "string") {
      fault(job.replace(/^line \d+:? ?/, ""), "Write {\"custom_id\": \"…\", \"params\": {…}}.")
      continue
    }
    good++
    if (!ids.add(job.customId)) {
      fault(`custom_id "${job.customId}" was used before.`, "Give every line an id of its own.")
    }
    for (const violation of Preflight.check(job.params)) found.push({ ...violation, path: `${path} ${violation.path}` })
  }
  return good === 0 ? undefined : found
}

const unreadable = (problem: string): BadInput =>
  new BadInput({
    problems: [`${problem}. Give a request { model, max_tokens, messages }, a list of messages, or lines of prompts.`]
  })

/** Fails with `BadInput` for what is none of the three. */
export const check = (text: string): Effect.Effect<Checked, BadInput> =>
  Effect.suspend(() => {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (cause) {
      const violations = prompts(text)
      return violations === undefined
        ? Effect.fail(unreadable(`This is no JSON: ${cause instanceof Error ? cause.message : ""}`))
        : Effect.succeed<Checked>({ kind: "prompts", violations })
    }
    if (Array.isArray(value)) {
      return Effect.succeed<Checked>({ kind: "messages", violations: Preflight.checkMessages(value) })
    }
    if (!isObject(value)) return Effect.fail(unreadable("This is neither an object nor a list"))
    if ("custom_id" in value) return Effect.succeed<Checked>({ kind: "prompts", violations: prompts(text) ?? [] })
    return "messages" in value || "model" in value
      ? Effect.succeed<Checked>({ kind: "request", violations: Preflight.check(value) })
      : Effect.fail(unreadable("This object has neither messages nor a model"))
  })

/** One line a violation. */
export const text = ({ kind, violations }: Checked): string =>
  violations.length === 0
    ? `valid ${kind}\n`
    : violations.map(({ fix, message, path, rule }) => `${path || "request"}: ${message} ${fix} [${rule}]\n`).join("")

export interface Repaired {
  /** The request or list as it came, with its messages mended. */
  readonly value: unknown
  readonly changes: ReadonlyArray<History.Change>
  /** What is left: only messages are mended. */
  readonly violations: ReadonlyArray<Violation>
}

/** Fails with `BadInput` for what is neither a request nor a list of messages, and where nothing could be sent. */
export const repair = (text: string): Effect.Effect<Repaired, BadInput> =>
  Effect.gen(function*() {
    const { kind } = yield* check(text)
    const value: unknown = kind === "prompts" ? undefined : JSON.parse(text)
    const messages: unknown = isObject(value) ? value["messages"] : value
    if (!Array.isArray(messages)) {
      return yield* Effect.fail(new BadInput({ problems: ["Only a request and a list of messages can be repaired."] }))
    }
    const repaired = History.repair(messages)
    if (Result.isFailure(repaired)) {
      return yield* Effect.fail(new BadInput({ problems: ["Nothing is left of the messages that could be sent."] }))
    }
    const { changes, history } = repaired.success
    const mended = isObject(value) ? { ...value, messages: History.toMessages(history) } : History.toMessages(history)
    const { violations } = yield* check(JSON.stringify(mended))
    return { value: mended, changes, violations }
  })

/** One line a change, then one line for each violation that is left. */
export const changesText = ({ changes, violations }: Repaired): string =>
  changes.map(({ change, message, path }) => `${path}: ${change}. ${message}\n`).join("") +
  (violations.length === 0 ? "" : text({ kind: "request", violations }))
