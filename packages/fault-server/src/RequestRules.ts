/** Rejects what the API rejects, in the API's own words. One table of small pure rules. */
import * as Effect from "effect/Effect"
import { conversation } from "./internal/rules/conversation.ts"
import { media } from "./internal/rules/media.ts"
import { request } from "./internal/rules/request.ts"
import { tools } from "./internal/rules/tools.ts"
import * as Reply from "./Reply.ts"

export interface Options {
  /** Keys that are accepted; default: any that is not empty. */
  readonly keys?: ReadonlyArray<string>
}

export interface Rejection {
  readonly status: number
  readonly type: string
  readonly message: string
}

export interface Rule {
  readonly name: string
  /** The rejection, undefined for a request that passes. */
  readonly check: (request: Reply.Received, options: Options) => Rejection | undefined
}

/** In the order in which the API checks them. */
export const rules: ReadonlyArray<Rule> = [...request, ...tools, ...media, ...conversation]

/** A handler behind the rules: what they reject never reaches it. Also checks the key of every other route. */
export const make = (handler: Reply.Handler, options: Options = {}): Reply.Handler => (request) => {
  const isMessage = request.method === "POST" && request.path === "/v1/messages"
  for (const rule of rules) {
    if (!isMessage && rule.name !== "key") continue
    const rejection = rule.check(request, options)
    if (rejection !== undefined) {
      return Effect.sync(() => Reply.error(rejection.status, rejection.type, rejection.message))
    }
  }
  return handler(request)
}
