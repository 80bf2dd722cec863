/**
 * The models the server knows, with the facts its Models API tells. Ids, windows and retirements are the API's own; release
 * and deprecation dates are made up.
 */

export interface Model {
  readonly id: string
  /** Its other name, with the date of its release. */
  readonly dated: string | undefined
  readonly displayName: string
  /** Models of one class share their rate limits. */
  readonly limitClass: string
  readonly contextWindow: number
  readonly maxOutput: number
  readonly prefill: boolean
  /** Values of `thinking.type` that are a 400. */
  readonly rejectsThinking: ReadonlyArray<string>
  /** Whether messages may have the role `system`. */
  readonly systemMessages: boolean
  readonly lifecycle: "active" | "deprecated" | "retired"
  readonly deprecatedAt: string | null
  readonly retiresAt: string | null
}

interface Older {
  readonly dated: string
  readonly retiresAt?: string
}

/** Takes adaptive thinking only, and never none. */
const always: Partial<Model> = { rejectsThinking: ["enabled", "disabled"] }
const noSystem: Partial<Model> = { systemMessages: false }

const model = (id: string, limitClass: string, rest: Partial<Model> = {}, older?: Older): Model => ({
  id,
  dated: older?.dated,
  displayName: id.replace(/^claude-/, "Claude ").replaceAll("-", " "),
  limitClass,
  contextWindow: older === undefined ? 1_000_000 : 200_000,
  maxOutput: older === undefined ? 128_000 : 64_000,
  prefill: older !== undefined,
  lifecycle: older?.retiresAt === undefined ? "active" : "deprecated",
  deprecatedAt: older?.retiresAt === undefined ? null : "2026-08-01T00:00:00Z",
  retiresAt: older?.retiresAt ?? null,
  rejectsThinking: older === undefined ? ["enabled"] : ["adaptive", "between_tools"],
  systemMessages: older === undefined,
  ...rest
})

export const all: ReadonlyArray<Model> = [
  model("claude-fable-5-2", "fable-5-2"),
  model("claude-mythos-5-2", "mythos-5-2"),
  model("claude-haiku-5-5", "haiku-5-5"),
  model("claude-sonnet-5-5", "sonnet-5-5", always),
  model("claude-fable-5-1", "fable-5-1", always),
  model("claude-opus-5-5", "opus-5-5", always),
  model("claude-mythos-5-1", "mythos-5-1", always),
  model("claude-sonnet-5", "sonnet-5", noSystem),
  model("claude-fable-5", "fable-5", always),
  model("claude-mythos-5", "mythos-5", always),
  model("claude-opus-5", "opus-5"),
  model("claude-opus-4-8", "opus-4"),
  model("claude-opus-4-7", "opus-4", noSystem),
  {
    ...model("claude-mythos-preview", "mythos-preview", { rejectsThinking: ["disabled"] }),
    lifecycle: "deprecated",
    deprecatedAt: "2026-04-30T00:00:00Z",
    retiresAt: "2026-06-30T00:00:00Z"
  },
  model("claude-opus-4-6", "opus-4", { ...noSystem, rejectsThinking: [] }),
  model("claude-sonnet-4-6", "sonnet-4", { ...noSystem, rejectsThinking: [] }),
  model("claude-haiku-4-5", "haiku-4-5", noSystem, { dated: "claude-haiku-4-5-20251001" }),
  model("claude-opus-4-5", "opus-4", noSystem, { dated: "claude-opus-4-5-20251101" }),
  model("claude-sonnet-4-5", "sonnet-4", noSystem, {
    dated: "claude-sonnet-4-5-20250929",
    retiresAt: "2026-11-30T00:00:00Z"
  })
]

/** A model by its id; a dated id finds its model. */
export const find = (id: string): Model | undefined => all.find((known) => id === known.id || id === known.dated)

/** The class whose limits a model shares; an unknown model is its own. */
export const classOf = (id: string): string => find(id)?.limitClass ?? id

const yes = { supported: true }

const supports = (known: Model, type: string): object => ({ supported: !known.rejectsThinking.includes(type) })

const capabilities = (known: Model): object => ({
  batch: yes,
  citations: yes,
  code_execution: yes,
  context_management: {
    supported: true,
    clear_thinking_20251015: yes,
    clear_tool_uses_20250919: yes,
    compact_20260112: yes
  },
  effort: { supported: true, low: yes, medium: yes, high: yes, xhigh: yes, max: yes },
  image_input: yes,
  pdf_input: yes,
  server_tools: { supported: true, code_execution: yes, web_search: yes },
  structured_outputs: yes,
  thinking: {
    supported: true,
    types: {
      adaptive: supports(known, "adaptive"),
      between_tools: supports(known, "between_tools"),
      disabled: supports(known, "disabled"),
      enabled: supports(known, "enabled")
    }
  }
})

const lineOf = (id: string): string | null => /haiku|sonnet|opus|fable|mythos/.exec(id)?.[0] ?? null

/** What the Models API says. */
export const info = (known: Model): object => ({
  type: "model",
  id: known.id,
  display_name: known.displayName,
  created_at: "2026-01-01T00:00:00Z",
  max_input_tokens: known.contextWindow,
  max_tokens: known.maxOutput,
  capabilities: capabilities(known),
  line: lineOf(known.id),
  lifecycle: known.lifecycle,
  deprecated_at: known.deprecatedAt,
  retires_at: known.retiresAt
})
