/** Rules about tools, the choice among them, and thinking. */
import type { ThinkingTypes } from "./facts.ts"
import { continued, isFields, type Rules, shown, type Subject, type Violation } from "./subject.ts"

/** The documentation says 64, the API's own answers 128. */
const nameRule = /^[a-zA-Z0-9_-]{1,128}$/
const leastBudget = 1024

const isCustom = (tool: Readonly<Record<string, unknown>>): boolean =>
  tool["type"] === undefined || tool["type"] === null || tool["type"] === "custom"

const names = ({ tools }: Subject): ReadonlyArray<Violation> => {
  const found: Array<Violation> = []
  const seen = new Set<string>()
  for (const [index, tool] of tools.entries()) {
    if (!isFields(tool)) continue
    const { name } = tool
    const path = `tools.${index}.name`
    if (isCustom(tool) && (typeof name !== "string" || !nameRule.test(name))) {
      found.push({
        path,
        rule: "toolName",
        message: name === undefined
          ? "The tool has no name."
          : `The name ${shown(name)} is not allowed.`,
        fix: "Use 1 to 64 letters, digits, underscores and hyphens."
      })
    }
    if (typeof name !== "string") continue
    if (seen.has(name)) {
      found.push({ path, rule: "toolName", message: `Two tools are called ${name}.`, fix: "Rename one." })
    }
    seen.add(name)
  }
  return found
}

const unions = ["oneOf", "allOf", "anyOf"]

const schemas = ({ tools }: Subject): ReadonlyArray<Violation> => {
  const found: Array<Violation> = []
  for (const [index, tool] of tools.entries()) {
    if (!isFields(tool) || !isCustom(tool)) continue
    const schema = tool["input_schema"]
    if (isFields(schema) && schema["type"] === "object") {
      const union = unions.find((name) => schema[name] !== undefined && schema[name] !== null)
      if (union === undefined) continue
      found.push({
        path: `tools.${index}.input_schema.${union}`,
        rule: "toolSchema",
        message: `The schema has ${union} at its top.`,
        fix: "Put it one level down, into a property."
      })
      continue
    }
    found.push({
      path: isFields(schema) ? `tools.${index}.input_schema.type` : `tools.${index}.input_schema`,
      rule: "toolSchema",
      message: "The tool's input is not described as an object.",
      fix: "Write a JSON Schema with type: \"object\"."
    })
  }
  return found
}

const deferred = ({ tools }: Subject): ReadonlyArray<Violation> =>
  tools.length > 0 && tools.every((tool) => isFields(tool) && tool["defer_loading"] === true)
    ? [{
      path: "tools",
      rule: "deferred",
      message: "Every tool is deferred.",
      fix: "Leave defer_loading off one of them, such as the search."
    }]
    : []

const types: ReadonlySet<unknown> = new Set(["auto", "any", "tool", "none"])

const choice = (subject: Subject): ReadonlyArray<Violation> => {
  const { params, tools } = subject
  const given = params["tool_choice"]
  if (given === undefined || given === null) return []
  const fault = (
    path: string,
    message: string,
    fix: string
  ): ReadonlyArray<Violation> => [{ path, rule: "toolChoice", message, fix }]
  if (!isFields(given) || !types.has(given["type"])) {
    return fault(
      "tool_choice.type",
      "This is no choice.",
      "Write { type: \"auto\" }, \"any\", \"none\", or \"tool\" with a name."
    )
  }
  if (given["type"] !== "none" && tools.length === 0 && params["mcp_servers"] === undefined && !continued(subject)) {
    return fault("tool_choice", "There is no tool to choose.", "Offer tools, or leave it out.")
  }
  if (given["type"] !== "tool") return []
  const { name } = given
  if (typeof name !== "string") {
    return fault("tool_choice.name", "The chosen tool has no name.", "Name one of the tools.")
  }
  // Toolsets and MCP servers bring tools whose names are not in the request.
  const named = !continued(subject) && tools.every((tool) => isFields(tool) && typeof tool["name"] === "string") &&
    // So may system messages.
    !subject.turns.some((turn) => turn.role === "system" && turn.blocks.length > 0)
  if (!named || params["mcp_servers"] !== undefined || tools.some((tool) => isFields(tool) && tool["name"] === name)) {
    return []
  }
  return fault("tool_choice.name", `No tool is called ${name}.`, "Name one of the tools.")
}

const forces = (chosen: unknown): boolean => isFields(chosen) && (chosen["type"] === "any" || chosen["type"] === "tool")

const instead: Readonly<Record<keyof ThinkingTypes, string>> = {
  adaptive: "Write { type: \"enabled\", budget_tokens }.",
  enabled: "Write { type: \"adaptive\" }, and output_config.effort for its depth.",
  disabled: "Leave thinking out, and lower output_config.effort.",
  between_tools: "Leave thinking out, and lower output_config.effort."
}

const isThinkingType = (type: unknown): type is keyof ThinkingTypes =>
  typeof type === "string" && Object.hasOwn(instead, type)

const thinkingType = ({ facts, params }: Subject): ReadonlyArray<Violation> => {
  const given = params["thinking"]
  if (!isFields(given)) return []
  const { type } = given
  const fault = (message: string, fix: string): ReadonlyArray<Violation> => [{
    path: "thinking.type",
    rule: "thinkingType",
    message,
    fix
  }]
  if (typeof type !== "string") return fault("The kind of thinking is missing.", "Write { type: \"adaptive\" }.")
  return isThinkingType(type) && facts?.thinking?.[type] === false
    ? fault(`${String(params["model"])} does not take "${type}".`, instead[type])
    : []
}

const thinking = ({ params, tools }: Subject): ReadonlyArray<Violation> => {
  const given = params["thinking"]
  if (!isFields(given) || given["type"] !== "enabled") return []
  const found: Array<Violation> = []
  const budget = given["budget_tokens"]
  const most = params["max_tokens"]
  const path = "thinking.budget_tokens"
  if (typeof budget !== "number" || !Number.isInteger(budget) || budget < leastBudget) {
    found.push({
      path,
      rule: "thinkingBudget",
      message: "The budget is missing or too small.",
      fix: `Write at least ${leastBudget}.`
    })
  } else if (typeof most === "number" && budget >= most && tools.length === 0) {
    // Between calls of tools thinking may go on beyond max_tokens.
    found.push({
      path,
      rule: "thinkingBudget",
      message: `The budget of ${budget} is not less than max_tokens.`,
      fix: `Write less than ${most}, or raise max_tokens.`
    })
  }
  if (forces(params["tool_choice"])) {
    found.push({
      path: "tool_choice.type",
      rule: "thinkingChoice",
      message: "A call of a tool cannot be forced while thinking is enabled.",
      fix: "Write { type: \"auto\" }, or leave thinking out."
    })
  }
  return found
}

const source = "agents-and-tools/tool-use"

export const tools: ReadonlyArray<Rules> = [
  { rules: { toolName: "Names have 1 to 128 letters, digits, _ and -, and are unique." }, source, check: names },
  {
    rules: { toolSchema: "A tool's input is described as an object, without a union at its top." },
    source,
    check: schemas
  },
  { rules: { deferred: "Not every tool is deferred." }, source: `${source}/tool-search-tool`, check: deferred },
  {
    rules: { toolChoice: "The choice is one of four, there are tools, and a chosen one is offered." },
    source,
    check: choice
  },
  {
    rules: { thinkingType: "The kind of thinking is one that the model takes." },
    source: "build-with-claude/thinking-troubleshooting",
    check: thinkingType
  },
  {
    rules: {
      thinkingBudget: "A budget is at least 1,024 and less than max_tokens.",
      thinkingChoice: "No forced call of a tool while thinking is enabled."
    },
    source: "build-with-claude/extended-thinking",
    check: thinking
  }
]
