/** What is rejected of thinking. */
import type { Rule } from "../../RequestRules.ts"
import * as Tokens from "../tokens.ts"
import { bodyOf, invalid, modelOf, toolsOf } from "./parts.ts"

const behaviour = "\"output_config.effort\" to control thinking behavior."
const texts: Readonly<Record<string, string>> = {
  enabled: `"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and ${behaviour}`,
  disabled: `"thinking.type.disabled" is not supported for this model. Use "thinking.type.adaptive" and ${behaviour}`,
  between_tools: "\"thinking.type.between_tools\" is not supported for this model.",
  adaptive: "adaptive thinking is not supported on this model"
}

export const thinking: ReadonlyArray<Rule> = [
  {
    name: "thinking type",
    check: (received) => {
      const given = bodyOf(received)["thinking"]
      const { type } = Tokens.fields(given)
      if (given === undefined || given === null) return undefined
      if (typeof type !== "string") return invalid("thinking: Unable to extract tag using discriminator 'type'")
      const text = modelOf(received)?.rejectsThinking.includes(type) === true ? texts[type] : undefined
      return text === undefined ? undefined : invalid(text)
    }
  },
  {
    name: "thinking budget",
    check: (received) => {
      const body = bodyOf(received)
      const { budget_tokens: budget, type } = Tokens.fields(body["thinking"])
      if (type !== "enabled") return undefined
      if (typeof budget !== "number" || budget < 1024) {
        return invalid("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
      }
      return toolsOf(received).length === 0 && budget >= Number(body["max_tokens"])
        ? invalid("`max_tokens` must be greater than `thinking.budget_tokens`.")
        : undefined
    }
  },
  {
    name: "thinking and choice",
    check: (received) => {
      const body = bodyOf(received)
      const choice = Tokens.fields(body["tool_choice"])["type"]
      return Tokens.fields(body["thinking"])["type"] === "enabled" && (choice === "any" || choice === "tool")
        ? invalid("Thinking may not be enabled when tool_choice forces tool use.")
        : undefined
    }
  }
]
