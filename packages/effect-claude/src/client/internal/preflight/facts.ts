/** What is known of a model before it is called. */

export interface ModelFacts {
  /** Output tokens at most. */
  readonly maxTokens: number
  /** Tokens of the window. */
  readonly maxInputTokens: number
  /** Whether it continues an assistant message; undefined where nobody has said. */
  readonly prefill: boolean | undefined
}

/** What the Models API tells, of a model that is listed or fetched. */
export interface ModelInfo {
  readonly id: string
  readonly max_tokens?: number | null
  readonly max_input_tokens?: number | null
}

const current: ModelFacts = { maxTokens: 128_000, maxInputTokens: 1_000_000, prefill: false }
const older: ModelFacts = { maxTokens: 64_000, maxInputTokens: 200_000, prefill: true }

/** Models as of November 2026, from the models overview: used until the API has told. */
export const shipped: ReadonlyMap<string, ModelFacts> = new Map([
  ...[
    "claude-fable-5-2",
    "claude-mythos-5-2",
    "claude-haiku-5-5",
    "claude-sonnet-5-5",
    "claude-fable-5-1",
    "claude-opus-5-5",
    "claude-mythos-5-1",
    "claude-sonnet-5",
    "claude-fable-5",
    "claude-mythos-5",
    "claude-opus-5",
    "claude-opus-4-8",
    "claude-opus-4-7",
    "claude-opus-4-6",
    "claude-sonnet-4-6"
  ].map((id) => [id, current] as const),
  ...[
    "claude-haiku-4-5",
    "claude-haiku-4-5-20251001",
    "claude-opus-4-5",
    "claude-opus-4-5-20251101",
    "claude-sonnet-4-5",
    "claude-sonnet-4-5-20250929"
  ].map((id) => [id, older] as const)
])

/** Of so many models the API's facts are kept. */
const most = 1000

/** The facts one client knows. */
export class Facts {
  private readonly told = new Map<string, ModelFacts>()

  of(model: string): ModelFacts | undefined {
    return this.told.get(model) ?? shipped.get(model)
  }

  learn(info: ModelInfo): void {
    const known = shipped.get(info.id)
    const maxTokens = info.max_tokens ?? known?.maxTokens
    const maxInputTokens = info.max_input_tokens ?? known?.maxInputTokens
    if (maxTokens === undefined || maxInputTokens === undefined || this.told.size >= most) return
    this.told.set(info.id, { maxTokens, maxInputTokens, prefill: known?.prefill })
  }
}
