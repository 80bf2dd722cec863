/** The client's preflight: with the facts it has learned, and one word about each model nobody knows. */
import * as Effect from "effect/Effect"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import * as Preflight from "../Preflight.ts"
import { Facts } from "./preflight/facts.ts"

/** What `ClaudeClient.layer({ preflight })` takes: off, or on but for some rules. */
export type Setting = boolean | { readonly waive: ReadonlyArray<string> }

/** Of so many unknown models is spoken. */
const mostNamed = 100

export class Gate {
  readonly facts = new Facts()
  private readonly setting: Setting
  private readonly direct: boolean
  private readonly named = new Set<string>()

  constructor(setting: Setting, direct: boolean) {
    this.setting = setting
    this.direct = direct
  }

  /** Fails with `RequestRejected`, before anything is reserved or sent. */
  pass(method: string, params: object, streamed?: boolean): Effect.Effect<void, ClaudeError.ClaudeError> {
    const { setting } = this
    if (setting === false) return Effect.void
    const model: unknown = Reflect.get(params, "model")
    const facts = typeof model === "string" ? this.facts.of(model) : undefined
    const violations = Preflight.check(params, {
      direct: this.direct,
      streamed,
      facts,
      ...(setting === true ? {} : { waive: setting.waive })
    })
    if (violations.length > 0) {
      const reason = new ClaudeError.RequestRejected({ violations })
      return Effect.fail(new ClaudeError.ClaudeError({ method, reason, attempts: [] }))
    }
    if (facts !== undefined || typeof model !== "string" || this.named.has(model) || this.named.size >= mostNamed) {
      return Effect.void
    }
    this.named.add(model)
    return this.direct
      ? Effect.logWarning(`The model ${model} is unknown here: what depends on it is left to the API to check.`)
      : Effect.void
  }
}
