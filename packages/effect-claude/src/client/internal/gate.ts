/** The client's preflight: with the facts it has learned, and one word about each model nobody knows. */
import * as Effect from "effect/Effect"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import * as Preflight from "../Preflight.ts"
import { Facts } from "./preflight/facts.ts"

/** What `ClaudeClient.layer({ preflight })` takes: off, or on, with some rules left out or the Models API asked. */
export type Setting = boolean | {
  readonly waive?: ReadonlyArray<string>
  readonly fetchModels?: boolean
}

export interface Surroundings {
  readonly setting: Setting
  readonly direct: boolean
  /** Clock milliseconds. */
  readonly now: () => number
}

/** Of so many unknown models is spoken. */
const mostNamed = 100
/** The Models API is asked at most so often, in milliseconds. */
const askEvery = 10 * 60 * 1000

/** The model that a request names, whatever is given for a request. */
export const modelOf = (params: unknown): string | undefined => {
  const model: unknown = typeof params === "object" && params !== null ? Reflect.get(params, "model") : undefined
  return typeof model === "string" ? model : undefined
}

export class Gate {
  readonly facts: Facts
  /** Asks the Models API beside the call; `facts` learn from the answer. Set once the client is made. */
  ask: Effect.Effect<void> = Effect.void
  private readonly surroundings: Surroundings
  private readonly options: { readonly waive?: ReadonlyArray<string>; readonly fetchModels?: boolean }
  private readonly named = new Set<string>()
  private asked = -Infinity

  constructor(surroundings: Surroundings) {
    this.surroundings = surroundings
    this.options = typeof surroundings.setting === "boolean" ? {} : surroundings.setting
    this.facts = new Facts(surroundings.now)
  }

  /** Fails with `RequestRejected`, before anything is reserved or sent. */
  pass(
    method: "createMessage" | "streamMessage" | "countTokens",
    params: unknown,
    streamed?: boolean
  ): Effect.Effect<void, ClaudeError.ClaudeError> {
    return Effect.suspend(() => {
      // What is no object at all could not even be taken apart.
      if (this.surroundings.setting === false && typeof params === "object" && params !== null) return Effect.void
      const model = modelOf(params)
      const facts = model === undefined ? undefined : this.facts.of(model)
      const violations = Preflight.check(params, {
        direct: this.surroundings.direct,
        counting: method === "countTokens",
        streamed,
        facts,
        ...(this.options.waive === undefined ? {} : { waive: this.options.waive })
      })
      if (violations.length === 0) return model === undefined ? Effect.void : this.inform(model, facts !== undefined)
      const reason = new ClaudeError.RequestRejected({ violations })
      return Effect.fail(new ClaudeError.ClaudeError({ method, reason, attempts: [] }))
    })
  }

  /** What is wrong with one request of a batch, undefined if it may be sent. */
  batch(request: { readonly custom_id: string; readonly params: unknown }): ClaudeError.RequestRejected | undefined {
    if (this.surroundings.setting === false) return undefined
    const model = modelOf(request.params)
    const violations = Preflight.checkBatch([request], {
      direct: this.surroundings.direct,
      facts: model === undefined ? undefined : this.facts.of(model),
      ...(this.options.waive === undefined ? {} : { waive: this.options.waive })
    })
    if (violations.length === 0) return undefined
    return new ClaudeError.RequestRejected({
      violations: violations.map(({ fix, message, path, rule }) => ({
        path: path.replace(/^requests\.0\./, ""),
        rule,
        message,
        fix
      }))
    })
  }

  private inform(model: string, isKnown: boolean): Effect.Effect<void> {
    const { direct, now } = this.surroundings
    if (this.options.fetchModels === true && !this.facts.isFresh(model) && now() - this.asked >= askEvery) {
      this.asked = now()
      return this.ask
    }
    if (isKnown || !direct || this.named.has(model) || this.named.size >= mostNamed) return Effect.void
    this.named.add(model)
    return Effect.logWarning(`The model ${model} is unknown here: what depends on it is left to the API to check.`)
  }
}
