/** Exact answers in order. A request that nothing in the script answers gets a 500 that says so. */
import * as Effect from "effect/Effect"
import * as Reply from "./Reply.ts"

/** A reply, or a function of the request. */
export type Answer = Reply.Reply | ((request: Reply.Received) => Reply.Reply)

const give = (answer: Answer, request: Reply.Received): Reply.Reply =>
  typeof answer === "function" ? answer(request) : answer

const unexpected = (request: Reply.Received): Reply.Reply =>
  Reply.error(
    500,
    "api_error",
    `The script has no answer for request ${request.index}: ${request.method} ${request.path}`
  )

/** The answers in order of arrival, then `orElse`, by default a 500 that names the request. */
export const sequence = (answers: ReadonlyArray<Answer>, orElse: Answer = unexpected): Reply.Handler => {
  let next = 0
  return (request) => Effect.sync(() => give(answers[next++] ?? orElse, request))
}

/** The same answer for every request. */
export const always = (answer: Answer): Reply.Handler => (request) => Effect.sync(() => give(answer, request))

/** A rule: the requests it is for, and the handler that answers them. */
export interface Rule {
  readonly matches: (request: Reply.Received) => boolean
  readonly handler: Reply.Handler
}

/** A rule for a method and path ("POST /v1/messages") or for any predicate. */
export const when = (matcher: string | ((request: Reply.Received) => boolean), handler: Reply.Handler): Rule => ({
  matches: typeof matcher === "string" ? (request) => `${request.method} ${request.path}` === matcher : matcher,
  handler
})

/** The first rule that matches answers; else `orElse`, by default a 500 that names the request. */
export const make =
  (rules: ReadonlyArray<Rule>, orElse: Reply.Handler = always(unexpected)): Reply.Handler => (request) =>
    (rules.find((rule) => rule.matches(request))?.handler ?? orElse)(request)
