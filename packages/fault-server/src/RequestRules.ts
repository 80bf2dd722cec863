/** Rejects what the API rejects, in the API's own words. One table of small pure rules. */
import * as Effect from "effect/Effect"
import { blocks } from "./internal/rules/blocks.ts"
import { cache } from "./internal/rules/cache.ts"
import { conversation } from "./internal/rules/conversation.ts"
import { media } from "./internal/rules/media.ts"
import { request } from "./internal/rules/request.ts"
import { system } from "./internal/rules/system.ts"
import { thinking } from "./internal/rules/thinking.ts"
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
  /** Asked only where an answer is generated, not where tokens are counted. */
  readonly generating?: boolean
  /** The rejection, undefined for a request that passes. */
  readonly check: (request: Reply.Received, options: Options) => Rejection | undefined
}

/** In the order in which they are asked; where several reject, the API's order is not known. */
export const rules: ReadonlyArray<Rule> = [
  ...request,
  ...blocks,
  ...cache,
  ...system,
  ...thinking,
  ...tools,
  ...media,
  ...conversation
]

/** What is asked of a request: the key of every one, the rest of those that send messages. */
const asked = (rule: Rule, request: Reply.Received): boolean => {
  switch (`${request.method} ${request.path}`) {
    case "POST /v1/messages":
      return true
    case "POST /v1/messages/count_tokens":
      return rule.generating !== true
    default:
      return rule.name === "key"
  }
}

/** A handler behind the rules: what they reject never reaches it. */
export const make = (handler: Reply.Handler, options: Options = {}): Reply.Handler => (request) => {
  for (const rule of rules) {
    if (!asked(rule, request)) continue
    const rejection = rule.check(request, options)
    if (rejection !== undefined) {
      return Effect.sync(() => Reply.error(rejection.status, rejection.type, rejection.message))
    }
  }
  return handler(request)
}
