/** What is rejected of tools and of the choice among them. */
import type { Rule } from "../../RequestRules.ts"
import * as Tokens from "../tokens.ts"
import { bodyOf, continued, type Fields, first, invalid, placed, toolsOf } from "./parts.ts"

const isCustom = (tool: Fields): boolean => tool["type"] === undefined || tool["type"] === "custom"

export const tools: ReadonlyArray<Rule> = [
  {
    name: "tool name",
    check: (received) => {
      const seen = new Set<unknown>()
      return first(toolsOf(received), (tool, index) => {
        const { name } = tool
        if (isCustom(tool) && (typeof name !== "string" || !/^[a-zA-Z0-9_-]{1,128}$/.test(name))) {
          return `tools.${index}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`
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
      first(toolsOf(received), (tool, index) => {
        if (!isCustom(tool)) return undefined
        const path = `tools.${index}.custom.input_schema`
        if (tool["input_schema"] === undefined) return `${path}: Field required`
        const schema = Tokens.fields(tool["input_schema"])
        if (schema["type"] === undefined) return `${path}.type: Field required`
        if (schema["type"] !== "object") return `${path}.type: Input should be 'object'`
        return ["oneOf", "allOf", "anyOf"].some((name) => schema[name] !== undefined)
          ? `${path}: input_schema does not support oneOf, allOf, or anyOf at the top level`
          : undefined
      })
  },
  {
    name: "deferred",
    check: (received) =>
      toolsOf(received).length > 0 && toolsOf(received).every((tool) => tool["defer_loading"] === true)
        ? invalid("At least one tool must have defer_loading=false. All tools cannot be deferred.")
        : undefined
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
      const body = bodyOf(received)
      if (
        type !== "none" && toolsOf(received).length === 0 && body["mcp_servers"] === undefined && !continued(received)
      ) {
        return invalid("tool_choice may only be specified while providing tools.")
      }
      if (type !== "tool") return undefined
      if (typeof name !== "string") return invalid("tool_choice.tool.name: Field required")
      const brought = body["mcp_servers"] !== undefined || placed(received).some(({ role }) => role === "system")
      return brought || toolsOf(received).some((tool) => tool["name"] === name || tool["name"] === undefined)
        ? undefined
        : invalid(`Tool '${name}' not found in provided tools`)
    }
  }
]
