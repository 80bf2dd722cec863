/** Where a conversation may be cut: before a turn of the user's own, or between two steps of the run that goes on. */
import type Anthropic from "@anthropic-ai/sdk"
import { type Fields, isFields } from "../../../conversation/internal/turns.ts"

type MessageParam = Anthropic.MessageParam

const blocksOf = (message: MessageParam | undefined): ReadonlyArray<Fields> => {
  const content: unknown = message?.content
  return Array.isArray(content) ? content.filter(isFields) : []
}

const isResults = (message: MessageParam): boolean => blocksOf(message).some((block) => block["type"] === "tool_result")

const isServerCall = (block: Fields): boolean => block["type"] === "server_tool_use" || block["type"] === "mcp_tool_use"

const isServerResult = (block: Fields): boolean =>
  block["type"] !== "tool_result" && String(block["type"]).endsWith("_tool_result")

/** How many calls of server tools before each message are answered in it or behind it. */
const open = (messages: ReadonlyArray<MessageParam>): ReadonlyArray<number> => {
  const calls = new Map<unknown, number>()
  const change = Array.from({ length: messages.length + 1 }, () => 0)
  for (const [index, message] of messages.entries()) {
    for (const block of blocksOf(message)) {
      if (isServerCall(block)) calls.set(block["id"], index)
      const asked = isServerResult(block) ? calls.get(block["tool_use_id"]) : undefined
      if (asked === undefined || asked === index) continue
      change[asked + 1] = (change[asked + 1] ?? 0) + 1
      change[index + 1] = (change[index + 1] ?? 0) - 1
    }
  }
  let sum = 0
  return change.map((by) => sum += by)
}

export interface Parts {
  /** Where exchanges begin; the newest is the last. */
  readonly exchanges: ReadonlyArray<number>
  /** Where the newest exchange's steps begin: each an answer with what belongs to it. */
  readonly steps: ReadonlyArray<number>
}

export const partsOf = (messages: ReadonlyArray<MessageParam>): Parts => {
  const crossed = open(messages)
  const exchanges: Array<number> = []
  let steps: Array<number> = []
  let before: string | undefined
  for (const [index, message] of messages.entries()) {
    const isFree = crossed[index] === 0
    if (message.role === "user" && before !== "user" && isFree && !isResults(message)) {
      exchanges.push(index)
      steps = []
    } else if (message.role === "assistant" && before === "user" && isFree) steps.push(index)
    if (message.role !== "system") before = message.role
  }
  return { exchanges, steps }
}

/** A way to make a conversation shorter: the messages from `from` to `kept` stay, and those from `tail` on. */
export interface Cut {
  readonly from: number
  readonly kept: number
  readonly tail: number
}

/** Drops whole exchanges from the oldest on, one more with each cut; the newest `keep` stay. */
export const exchangeCuts = ({ exchanges }: Parts, keep: number): ReadonlyArray<Cut> =>
  exchanges.slice(0, Math.max(0, exchanges.length - Math.max(1, keep) + 1)).filter((at) => at > 0)
    .map((at) => ({ from: at, kept: at, tail: at }))

/** Drops steps of the newest exchange, one more with each cut; what the user said and the newest `keep` steps stay. */
export const stepCuts = ({ steps }: Parts, keep: number): ReadonlyArray<Cut> => {
  const [kept] = steps
  return kept === undefined
    ? []
    : steps.slice(1, Math.max(1, steps.length - Math.max(1, keep) + 1)).map((tail) => ({ from: 0, kept, tail }))
}
