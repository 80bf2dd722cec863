/** What is known of a model before it is called. */

/** Which values of `thinking.type` a model takes. */
export interface ThinkingTypes {
  readonly adaptive?: boolean | undefined
  readonly enabled?: boolean | undefined
  readonly disabled?: boolean | undefined
  readonly between_tools?: boolean | undefined
}

/** What is missing is not known: rules that need it pass. */
export interface ModelFacts {
  /** Output tokens at most. */
  readonly maxTokens: number
  /** Tokens of the window. */
  readonly maxInputTokens: number
  /** Whether it continues an assistant message; undefined where nobody has said. */
  readonly prefill: boolean | undefined
  readonly thinking?: ThinkingTypes | undefined
  /** Whether messages may have the role `system`. */
  readonly systemMessages?: boolean | undefined
  /** Whether sampling parameters may differ from their defaults, where the API's version still has them. */
  readonly sampling?: boolean | undefined
}

interface Support {
  readonly supported: boolean
}

/** What the Models API tells, of a model that is listed or fetched. */
export interface ModelInfo {
  readonly id: string
  readonly max_tokens?: number | null
  readonly max_input_tokens?: number | null
  readonly capabilities?: {
    readonly thinking?: { readonly types?: { readonly [K in keyof ThinkingTypes]?: Support } }
  } | null
}

/** From 4.6 on. */
const current = (thinking: ThinkingTypes, more: Partial<ModelFacts> = {}): ModelFacts => ({
  maxTokens: 128_000,
  maxInputTokens: 1_000_000,
  prefill: false,
  thinking,
  ...more
})

/** From 4.7 on there is no thinking with a budget, and no sampling. */
const newer = (thinking: ThinkingTypes = {}, more: Partial<ModelFacts> = {}): ModelFacts =>
  current({ enabled: false, ...thinking }, { sampling: false, ...more })

const always: ThinkingTypes = { adaptive: true, disabled: false }
const optional: ThinkingTypes = { adaptive: true, disabled: true }
const both: ThinkingTypes = { adaptive: true, enabled: true, disabled: true }

const older: ModelFacts = {
  maxTokens: 64_000,
  maxInputTokens: 200_000,
  prefill: true,
  systemMessages: false,
  thinking: { adaptive: false, enabled: true, disabled: true }
}

/**
 * Models as of November 2026, used until the API has told: sizes from the models overview, thinking from its
 * troubleshooting page, system messages from theirs.
 */
export const shipped: ReadonlyMap<string, ModelFacts> = new Map(Object.entries({
  "claude-fable-5-2": newer(),
  "claude-mythos-5-2": newer(),
  "claude-haiku-5-5": newer(),
  "claude-sonnet-5-5": newer({ ...always, between_tools: true }),
  "claude-fable-5-1": newer(always),
  "claude-opus-5-5": newer(always),
  "claude-mythos-5-1": newer(always),
  "claude-sonnet-5": newer(optional, { systemMessages: false }),
  "claude-fable-5": newer(always),
  "claude-mythos-5": newer(always),
  "claude-opus-5": newer(optional),
  "claude-opus-4-8": newer(optional),
  "claude-opus-4-7": newer(optional, { systemMessages: false }),
  "claude-opus-4-6": current(both, { systemMessages: false }),
  "claude-sonnet-4-6": current(both, { systemMessages: false }),
  "claude-haiku-4-5": older,
  "claude-haiku-4-5-20251001": older,
  "claude-opus-4-5": older,
  "claude-opus-4-5-20251101": older,
  "claude-sonnet-4-5": older,
  "claude-sonnet-4-5-20250929": older
}))

/** Of so many models the API's facts are kept, the latest. */
const most = 1000
/** How long they hold, in milliseconds. */
const lifetime = 24 * 60 * 60 * 1000

interface Told {
  readonly facts: ModelFacts
  readonly at: number
}

/** The facts one client knows. */
export class Facts {
  private readonly told = new Map<string, Told>()
  private readonly now: () => number

  constructor(now: () => number) {
    this.now = now
  }

  /** Whether the API has told of a model within a day. */
  isFresh(model: string): boolean {
    const told = this.told.get(model)
    return told !== undefined && this.now() - told.at < lifetime
  }

  of(model: string): ModelFacts | undefined {
    return this.isFresh(model) ? this.told.get(model)?.facts : shipped.get(model)
  }

  learn(info: ModelInfo): void {
    const known = shipped.get(info.id)
    const maxTokens = info.max_tokens ?? known?.maxTokens
    const maxInputTokens = info.max_input_tokens ?? known?.maxInputTokens
    if (maxTokens === undefined || maxInputTokens === undefined) return
    const types = info.capabilities?.thinking?.types
    const thinking = types === undefined ? known?.thinking : {
      adaptive: types.adaptive?.supported ?? known?.thinking?.adaptive,
      enabled: types.enabled?.supported ?? known?.thinking?.enabled,
      disabled: types.disabled?.supported ?? known?.thinking?.disabled,
      between_tools: types.between_tools?.supported ?? known?.thinking?.between_tools
    }
    const facts: ModelFacts = { prefill: undefined, ...known, maxTokens, maxInputTokens, thinking }
    this.told.delete(info.id)
    this.told.set(info.id, { facts, at: this.now() })
    const oldest = this.told.size > most ? this.told.keys().next().value : undefined
    if (oldest !== undefined) this.told.delete(oldest)
  }
}
