/** Every fault against the real SDK: it surfaces there as its sources say. */
import Anthropic, { APIError } from "@anthropic-ai/sdk"
import { Fault, Reply, Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { outcomes, ways } from "./both.ts"
import type { Target, Way } from "./both.ts"

const params = { model: "claude-sonnet-5-5", max_tokens: 100, messages: [{ role: "user" as const, content: "hi" }] }

const client = (target: Target, maxRetries = 0): Anthropic =>
  new Anthropic({ apiKey: "sk-ant-test", baseURL: target.url, fetch: target.fetch, maxRetries, logLevel: "off" })

interface Failure {
  readonly name: string
  readonly status?: number | undefined
  readonly type?: string | null | undefined
  readonly code?: string | null | undefined
  readonly requestID?: string | null | undefined
}

const failed = (error: unknown): Failure => {
  if (!(error instanceof Error)) return { name: String(error) }
  if (!(error instanceof APIError)) return { name: error.name }
  return {
    name: error.constructor.name,
    status: error.status,
    type: error.type,
    code: error.errorCode,
    requestID: error.requestID
  }
}

const create = (target: Target, maxRetries = 0): Promise<unknown> =>
  client(target, maxRetries).messages.create(params).then((message): unknown => message, failed)

interface Streamed {
  readonly events: ReadonlyArray<string>
  readonly error: Failure | undefined
}

/** The raw iterator; leaves after so many events. */
const iterate = async (target: Target, leaveAfter = Infinity): Promise<Streamed> => {
  const events: Array<string> = []
  const controller = new AbortController()
  try {
    const stream = await client(target).messages.create({ ...params, stream: true }, { signal: controller.signal })
    if (leaveAfter === 0) controller.abort()
    for await (const event of stream) {
      events.push(event.type)
      if (events.length === leaveAfter) controller.abort()
    }
  } catch (error) {
    return { events, error: failed(error) }
  }
  return { events, error: undefined }
}

const helper = (target: Target): Promise<unknown> =>
  client(target).messages.stream(params).finalMessage().then(
    (message): unknown => message,
    (error: unknown) => error instanceof Error ? `${error.constructor.name}: ${error.message}` : error
  )

const statuses: ReadonlyArray<readonly [string, Reply.Reply, Omit<Failure, "requestID">]> = [
  ["429 requests", Fault.rateLimited(), { name: "RateLimitError", status: 429, type: "rate_limit_error", code: null }],
  [
    "429 ramp",
    Fault.rampLimited(),
    { name: "RampLimitExceededError", status: 429, type: "rate_limit_error", code: "ramp_limit_exceeded" }
  ],
  [
    "429 enforced spend limit",
    Fault.enforcedSpendLimit(),
    {
      name: "EnforcedSpendLimitReachedError",
      status: 429,
      type: "rate_limit_error",
      code: "enforced_spend_limit_reached"
    }
  ],
  [
    "429 contract spend limit",
    Fault.contractSpendLimit(),
    {
      name: "ContractSpendLimitReachedError",
      status: 429,
      type: "rate_limit_error",
      code: "contract_spend_limit_reached"
    }
  ],
  ["402", Fault.billing(), { name: "PaymentRequiredError", status: 402, type: "billing_error", code: null }],
  [
    "403 billing",
    Fault.billingForbidden(),
    { name: "PermissionDeniedError", status: 403, type: "billing_error", code: null }
  ],
  [
    "400 self-set limit",
    Fault.selfSetLimit(),
    { name: "BadRequestError", status: 400, type: "invalid_request_error", code: null }
  ],
  [
    "400 credit balance",
    Fault.creditBalance(),
    { name: "BadRequestError", status: 400, type: "invalid_request_error", code: null }
  ],
  [
    "400 on hold",
    Fault.onHold(),
    { name: "OrganizationOnHoldError", status: 400, type: "invalid_request_error", code: "organization_on_hold" }
  ],
  ["401", Fault.unauthorized(), { name: "AuthenticationError", status: 401, type: "authentication_error", code: null }],
  ["403", Fault.forbidden(), { name: "PermissionDeniedError", status: 403, type: "permission_error", code: null }],
  ["404", Fault.notFound(), { name: "NotFoundError", status: 404, type: "not_found_error", code: null }],
  ["408", Fault.requestTimeout(), { name: "RequestTimeoutError", status: 408, type: "api_error", code: null }],
  ["409", Fault.conflict(), { name: "ConflictError", status: 409, type: "conflict_error", code: null }],
  ["413", Fault.tooLarge(), { name: "ContentTooLargeError", status: 413, type: "request_too_large", code: null }],
  ["500", Fault.internal(), { name: "InternalServerError", status: 500, type: "api_error", code: null }],
  ["503", Fault.unavailable(), { name: "ServiceUnavailableError", status: 503, type: "api_error", code: null }],
  ["504", Fault.gatewayTimeout(), { name: "GatewayTimeoutError", status: 504, type: "timeout_error", code: null }],
  ["529", Fault.overloaded(), { name: "OverloadedError", status: 529, type: "overloaded_error", code: null }],
  ["502 HTML", Fault.html(), { name: "InternalServerError", status: 502, type: null, code: null }],
  ["413 HTML", Fault.tooLargeByProxy(), { name: "ContentTooLargeError", status: 413, type: null, code: null }]
]

const text = "Counting ships: one, two, three, and the fourth that never came back."
const stream = Reply.stream(Reply.message({ text }))
const begun = ["message_start", "content_block_start"]

const answered = (way: Way, reply: Reply.Reply) =>
  Effect.flatMap(way.serve(Script.always(reply)), (target) => Effect.promise(() => create(target)))

const now = (reply: Reply.Reply): Reply.Reply => ({ ...reply, headers: { ...reply.headers, "retry-after-ms": "1" } })

for (const way of ways) {
  describe(`${way.name}`, () => {
    for (const [name, reply, expected] of statuses) {
      it.live(`${name} is a ${expected.name} with the request id of its header`, () =>
        Effect.gen(function*() {
          const target = yield* way.serve(Script.always(reply))
          const seen = yield* Effect.promise(() => create(target))
          assert.deepStrictEqual(seen, { ...expected, requestID: reply.headers["request-id"] })
          assert.strictEqual((yield* target.requests).length, 1)
        }))
    }

    it.live("a message arrives whole, as JSON and as a stream, the same", () =>
      Effect.gen(function*() {
        const calls = [
          { id: "toolu_1", name: "read", input: { path: "/ü", lines: [1, 2] } },
          { id: "toolu_2", name: "list", input: {} }
        ]
        for (
          const message of [
            Reply.message({ text }),
            Reply.thinking("Which ships?", { text }),
            Reply.toolUse(calls),
            Reply.pauseTurn(),
            Reply.refusal(),
            Reply.refusal({ text: "I can begin", category: null }),
            Reply.toolUseWithoutBlock(),
            Reply.message({ text: "", stopReason: "model_context_window_exceeded" })
          ]
        ) {
          const target = yield* way.serve((request) => Effect.sync(() => Reply.forRequest(request, message)))
          const whole = yield* Effect.promise(() => create(target))
          const collected = yield* Effect.promise(() => helper(target))
          assert.deepEqual(JSON.parse(JSON.stringify(whole)), message)
          const { parsed_output: _, ...streamed } = JSON.parse(JSON.stringify(collected))
          assert.deepEqual(streamed, message)
        }
      }))

    it.live("max_tokens inside a tool's input: the helper makes an object of the prefix", () =>
      Effect.gen(function*() {
        const target = yield* way.serve(Script.always(Reply.stream(Reply.truncatedToolUse())))
        const message = yield* Effect.promise(() => helper(target))
        assert.deepInclude(JSON.parse(JSON.stringify(message)), { stop_reason: "max_tokens" })
        assert.include(JSON.stringify(message), `"input":{"path":"/a"`)
      }))

    it.live("as JSON, input that was cut arrives as an empty object", () =>
      Effect.gen(function*() {
        const message = Reply.truncatedToolUse({ id: "toolu_1" })
        const target = yield* way.serve((request) => Effect.sync(() => Reply.forRequest(request, message)))
        const seen = JSON.parse(JSON.stringify(yield* Effect.promise(() => create(target))))
        assert.deepStrictEqual(seen.content[1], { type: "tool_use", id: "toolu_1", name: "write_file", input: {} })
      }))

    it.live("reset before headers is an APIConnectionError", () =>
      Effect.gen(function*() {
        const target = yield* way.serve(Script.always(Fault.resetBeforeHeaders(stream)))
        assert.deepInclude(yield* Effect.promise(() => create(target)), { name: "APIConnectionError" })
      }))

    it.live("silence before headers ends in the SDK's own timeout", () =>
      Effect.gen(function*() {
        const target = yield* way.serve(Script.always(Fault.silenceBeforeHeaders(stream)))
        const seen = yield* Effect.promise(() =>
          client(target).messages.create(params, { timeout: 20 }).then((message): unknown => message, failed)
        )
        assert.deepInclude(seen, { name: "APIConnectionTimeoutError" })
        assert.deepStrictEqual(yield* outcomes(target), ["aborted"])
      }))

    it.live("an error event is a bare APIError without a status; the events before it arrived", () =>
      Effect.gen(function*() {
        const target = yield* way.serve(Script.always(Fault.errorAfterEvents(5)(stream)))
        const seen = yield* Effect.promise(() => iterate(target))
        assert.deepStrictEqual(seen, {
          events: [...begun, "content_block_delta", "content_block_delta"],
          error: {
            name: "APIError",
            status: undefined,
            type: "overloaded_error",
            code: null,
            requestID: stream.headers["request-id"]
          }
        })
      }))

    it.live("an end without message_stop is silent success to the iterator", () =>
      Effect.gen(function*() {
        const target = yield* way.serve(Script.always(Fault.cutAfterEvents(4)(stream)))
        const seen = yield* Effect.promise(() => iterate(target))
        assert.deepStrictEqual(seen, { events: [...begun, "content_block_delta"], error: undefined })
        const message = yield* Effect.promise(() => helper(target))
        assert.strictEqual(
          message,
          "AnthropicError: stream ended without producing a Message with role=assistant"
        )
      }))

    it.live("cut inside an event: the torn event is lost in silence", () =>
      Effect.gen(function*() {
        const bytes = Array.from(stream.body, (chunk) => String(chunk.bytes)).slice(0, 3).join("").length + 10
        const target = yield* way.serve(Script.always(Fault.cutAfterBytes(bytes)(stream)))
        const seen = yield* Effect.promise(() => iterate(target))
        assert.deepStrictEqual(seen, { events: begun, error: undefined })
      }))

    it.live("reset inside the body is a raw TypeError", () =>
      Effect.gen(function*() {
        const target = yield* way.serve(Script.always(Fault.resetAfterEvents(4)(stream)))
        const seen = yield* Effect.promise(() => iterate(target))
        assert.deepStrictEqual(seen.error, { name: "TypeError" })
      }))

    it.live("an empty stream, and JSON where a stream was asked for: no events, no error", () =>
      Effect.gen(function*() {
        for (const reply of [Fault.cutAfterEvents(0)(stream), Reply.json(200, Reply.message(text))]) {
          const target = yield* way.serve(Script.always(reply))
          assert.deepStrictEqual(yield* Effect.promise(() => iterate(target)), { events: [], error: undefined })
          assert.strictEqual(
            yield* Effect.promise(() => helper(target)),
            "AnthropicError: request ended without sending any chunks"
          )
        }
      }))

    it.live("silence after headers and after events holds the iterator until it leaves, and the server sees it go", () =>
      Effect.gen(function*() {
        const headers = yield* way.serve(Script.always(Fault.silenceAfterHeaders(stream)))
        assert.deepStrictEqual(yield* Effect.promise(() => iterate(headers, 0)), { events: [], error: undefined })
        assert.deepStrictEqual(yield* outcomes(headers), ["aborted"])
        for (const reply of [Fault.silenceAfterEvents(4)(stream), Fault.dripPings(4, 1)(stream)]) {
          const target = yield* way.serve(Script.always(reply))
          const seen = yield* Effect.promise(() => iterate(target, 3))
          assert.deepStrictEqual(seen, { events: [...begun, "content_block_delta"], error: undefined })
          assert.deepStrictEqual(yield* outcomes(target), ["aborted"])
        }
      }))

    it.live("200 that is no message: an error body and a page succeed, broken JSON is a SyntaxError", () =>
      Effect.gen(function*() {
        assert.deepInclude(yield* answered(way, Fault.okWithError()), { type: "error" })
        assert.isString(yield* answered(way, Fault.okHtml()))
        assert.deepStrictEqual(yield* answered(way, Fault.okBroken()), { name: "SyntaxError" })
      }))

    it.live("200 with nothing: undefined is a success if content-length says 0, else a SyntaxError", () =>
      Effect.gen(function*() {
        assert.isUndefined(yield* answered(way, Fault.okEmpty()))
        const cut = Fault.cutAfterBytes(0)(Reply.json(200, Reply.message(text)))
        assert.deepStrictEqual(yield* answered(way, cut), { name: "SyntaxError" })
      }))

    it.live("the SDK's own retries reach the next answer, and burn on a 429 that cannot heal", () =>
      Effect.gen(function*() {
        const healed = yield* way.serve(
          Script.sequence([
            now(Fault.overloaded()),
            now(Fault.rateLimited()),
            now(Fault.html()),
            Reply.json(200, Reply.message(text))
          ])
        )
        assert.deepInclude(yield* Effect.promise(() => create(healed, 3)), { type: "message" })
        const tries = (yield* healed.requests).map((request) => request.headers["x-stainless-retry-count"])
        assert.deepStrictEqual(tries, ["0", "1", "2", "3"])
        const burnt = yield* way.serve(Script.always(now(Fault.enforcedSpendLimit())))
        assert.deepInclude(yield* Effect.promise(() => create(burnt, 2)), { name: "EnforcedSpendLimitReachedError" })
        assert.strictEqual((yield* burnt.requests).length, 3)
      }))
  })
}
