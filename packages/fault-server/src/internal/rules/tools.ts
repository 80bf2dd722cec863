/** What is rejected of tools, the choice among them, thinking, and cache breakpoints. */
import type * as Reply from "../../Reply.ts"
import type { Rule } from "../../RequestRules.ts"
import * as Tokens from "../tokens.ts"
import { bodyOf, type Fields, first, invalid, isObject, listOf, placed, toolsOf } from "./parts.ts"

const isCustom = (tool: Fields): boolean => tool["type"] === undefined || tool["type"] === "custom"

interface Breakpoint {
  readonly path: string
  readonly holder: Fields
  readonly ttl: unknown
}

const breakpoints = (received: Reply.Received): ReadonlyArray<Breakpoint> => {
  const all: ReadonlyArray<readonly [string, Fields]> = [
    ...toolsOf(received).map((tool, index) => [`tools.${index}`, tool] as const),
    ...listOf(bodyOf(received)["system"]).map((block, index) => [`system.${index}`, Tokens.fields(block)] as const),
    ...placed(received).map(({ block, path }) => [path, block] as const)
  ]
  return all.flatMap(([path, holder]) => {
    const control = holder["cache_control"]
    return isObject(control) ? [{ path, holder, ttl: control["ttl"] ?? "5m" }] : []
  })
}

export const tools: ReadonlyArray<Rule> = [
  {
    name: "tool name",
    check: (received) => {
      const seen = new Set<unknown>()
      return first(toolsOf(received), (tool, index) => {
        const { name } = tool
        if (isCustom(tool) && (typeof name !== "string" || !/^[a-zA-Z0-9_-]{1,64}$/.test(name))) {
          return `tools.${index}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,64}$'`
        }
        if (name !== undefined && seen.has(name)) return "tools: Tool names must be unique."
        seen.add(name)
        return undefined
      })
    }
  },
  {
    name: "tool schema",
    check: (received) =>
      first(
        toolsOf(received),
        (tool, index) =>
          isCustom(tool) && Tokens.fields(tool["input_schema"])["type"] !== "object"
            ? `tools.${index}.custom.input_schema.type: Input should be 'object'`
            : undefined
      )
  },
  {
    name: "tool choice",
    check: (received) => {
      const choice = bodyOf(received)["tool_choice"]
      if (choice === undefined || choice === null) return undefined
      const { name, type } = Tokens.fields(choice)
      if (!["auto", "any", "tool", "none"].includes(String(type))) {
        return invalid(
          "tool_choice: Input tag found using 'type' does not match any of the expected tags: 'any', 'auto', 'none', 'tool'"
        )
      }
      if (type !== "tool") return undefined
      if (typeof name !== "string") return invalid("tool_choice.tool.name: Field required")
      return toolsOf(received).some((tool) => tool["name"] === name || tool["name"] === undefined)
        ? undefined
        : invalid(`Tool '${name}' not found in provided tools`)
    }
  },
  {
    name: "thinking",
    check: (received) => {
      const body = bodyOf(received)
      const { budget_tokens: budget, type } = Tokens.fields(body["thinking"])
      if (type !== "enabled") return undefined
      if (typeof budget !== "number" || budget < 1024) {
        return invalid("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
      }
      if (toolsOf(received).length === 0 && budget >= Number(body["max_tokens"])) {
        return invalid("`max_tokens` must be greater than `thinking.budget_tokens`.")
      }
      const choice = Tokens.fields(body["tool_choice"])["type"]
      return choice === "any" || choice === "tool"
        ? invalid("Thinking may not be enabled when tool_choice forces tool use.")
        : undefined
    }
  },
  {
    name: "cache",
    check: (received) => {
      const all = breakpoints(received)
      const count = all.length + (isObject(bodyOf(received)["cache_control"]) ? 1 : 0)
      if (count > 4) return invalid(`A maximum of 4 blocks with cache_control may be provided. Found ${count}.`)
      let short = false
      return first(all, ({ holder, path, ttl }) => {
        if (ttl === "1h" && short) {
          return `${path}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block.`
        }
        short ||= ttl !== "1h"
        if (holder["text"] === "") return `${path}.text: cache_control cannot be set for empty text blocks`
        return holder["type"] === "thinking" ? `${path}: cache_control cannot be set for thinking blocks` : undefined
      })
    }
  }
]
