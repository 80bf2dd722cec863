/** The models the server knows, with the facts its Models API tells. */

export interface Model {
  readonly id: string
  readonly displayName: string
  /** Models of one class share their rate limits. */
  readonly limitClass: string
  readonly contextWindow: number
  readonly maxOutput: number
  readonly prefill: boolean
  readonly lifecycle: "active" | "deprecated" | "retired"
  readonly retiresAt: string | null
}

const model = (id: string, limitClass: string, older?: { readonly retiresAt?: string }): Model => ({
  id,
  displayName: id.replace(/^claude-/, "Claude ").replaceAll("-", " "),
  limitClass,
  contextWindow: older === undefined ? 1_000_000 : 200_000,
  maxOutput: older === undefined ? 128_000 : 64_000,
  prefill: older !== undefined,
  lifecycle: older?.retiresAt === undefined ? "active" : "deprecated",
  retiresAt: older?.retiresAt ?? null
})

export const all: ReadonlyArray<Model> = [
  model("claude-fable-5-2", "fable-5-2"),
  model("claude-mythos-5-2", "mythos-5-2"),
  model("claude-haiku-5-5", "haiku-5-5"),
  model("claude-sonnet-5-5", "sonnet-5-5"),
  model("claude-fable-5-1", "fable-5-1"),
  model("claude-opus-5-5", "opus-5-5"),
  model("claude-mythos-5-1", "mythos-5-1"),
  model("claude-sonnet-5", "sonnet-5"),
  model("claude-fable-5", "fable-5"),
  model("claude-mythos-5", "mythos-5"),
  model("claude-opus-5", "opus-5"),
  model("claude-opus-4-8", "opus-4"),
  model("claude-opus-4-7", "opus-4"),
  model("claude-opus-4-6", "opus-4"),
  model("claude-sonnet-4-6", "sonnet-4"),
  model("claude-haiku-4-5", "haiku-4-5", {}),
  model("claude-opus-4-5", "opus-4", {}),
  model("claude-sonnet-4-5", "sonnet-4", { retiresAt: "2026-11-30T00:00:00Z" })
]

/** A model by its id; a dated id finds its model. */
export const find = (id: string): Model | undefined =>
  all.find((known) => id === known.id || id.replace(/-\d{8}$/, "") === known.id)

/** The class whose limits a model shares; an unknown model is its own. */
export const classOf = (id: string): string => find(id)?.limitClass ?? id

/** What the Models API says. */
export const info = (known: Model): object => ({
  type: "model",
  id: known.id,
  display_name: known.displayName,
  created_at: "2026-01-01T00:00:00Z",
  max_input_tokens: known.contextWindow,
  max_tokens: known.maxOutput,
  capabilities: {},
  lifecycle: known.lifecycle,
  deprecated_at: known.lifecycle === "active" ? null : "2026-08-01T00:00:00Z",
  retires_at: known.retiresAt
})
