/** The shape of a diagnosis, and the pages it points to. */
import * as Schema from "effect/Schema"

/** Who has to do something about a failure. */
export const Who = Schema.Literals(["you", "admin", "billing", "anthropic", "network"])
export type Who = typeof Who.Type

/** Cause in a sentence, who acts, what to do in order, whether trying again helps and when, where it is documented. */
export const Diagnosis = Schema.Struct({
  cause: Schema.String,
  who: Who,
  steps: Schema.Array(Schema.String),
  retry: Schema.Struct({ helps: Schema.Literals(["yes", "once", "no"]), when: Schema.String }),
  docs: Schema.String
})
export type Diagnosis = typeof Diagnosis.Type

export type Retry = Diagnosis["retry"]

const site = "https://platform.claude.com/docs/en/"

export const page = {
  errors: `${site}api/errors`,
  rateLimits: `${site}api/rate-limits`,
  models: `${site}about-claude/models/overview`,
  deprecations: `${site}about-claude/model-deprecations`,
  context: `${site}build-with-claude/context-windows`,
  tools: `${site}agents-and-tools/tool-use/handle-tool-calls`,
  toolSearch: `${site}agents-and-tools/tool-use/tool-search-tool`,
  strict: `${site}build-with-claude/structured-outputs`,
  thinking: `${site}build-with-claude/extended-thinking`,
  preserved: `${site}build-with-claude/preserved-thinking`,
  threads: `${site}build-with-claude/message-threads`,
  compaction: `${site}build-with-claude/compaction`,
  streaming: `${site}build-with-claude/streaming`,
  stopReasons: `${site}build-with-claude/handling-stop-reasons`,
  refusals: `${site}build-with-claude/refusals-and-fallback`,
  vision: `${site}build-with-claude/vision`,
  files: `${site}build-with-claude/files`,
  admin: `${site}build-with-claude/administration-api`,
  policies: "docs/policies.md",
  diagnosis: "docs/diagnosis.md"
} as const

export const no: Retry = { helps: "no", when: "The same request fails again." }
export const afterwards: Retry = { helps: "no", when: "Not until somebody has acted." }
export const yes = (when: string): Retry => ({ helps: "yes", when })
export const once = (when: string): Retry => ({ helps: "once", when })

export const advise = (
  who: Who,
  cause: string,
  steps: ReadonlyArray<string>,
  retry: Retry,
  docs: string
): Diagnosis => ({ cause, who, steps, retry, docs })
