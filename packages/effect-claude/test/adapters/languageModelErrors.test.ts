import { Fault } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Duration, Effect, Schema } from "effect"
import { ClaudeError, ClaudeLanguageModel } from "effect-claude"
import { AiError, LanguageModel } from "effect/ai"
import { toAiError } from "../../src/adapters/internal/languageModel/errors.ts"
import { against, bodies, says } from "../fixtures/languageModel.ts"

const ask = LanguageModel.generateText({ prompt: "Hi" })
const message = "It went wrong."
const retryAfter = Duration.seconds(7)
const answer = { content: [{ type: "text", text: "As far as it" }] }

/** Every reason there is, and the error of Effect AI that it is. */
const reasons: {
  readonly [Tag in ClaudeError.Reason["_tag"]]: readonly [
    Extract<ClaudeError.Reason, { readonly _tag: Tag }>,
    AiError.AiErrorReason["_tag"]
  ]
} = {
  InvalidRequest: [new ClaudeError.InvalidRequest({ message, status: 400, requestId: "req_1" }), "InvalidRequestError"],
  ContextOverflow: [new ClaudeError.ContextOverflow({ message, inputTokens: 3, limit: 2 }), "InvalidRequestError"],
  InvalidConversation: [
    new ClaudeError.InvalidConversation({ message, kind: "pairing", ids: ["toolu_1"] }),
    "InvalidRequestError"
  ],
  AuthenticationFailed: [new ClaudeError.AuthenticationFailed({ message, status: 401 }), "AuthenticationError"],
  PermissionDenied: [new ClaudeError.PermissionDenied({ message, status: 403 }), "AuthenticationError"],
  AccountOnHold: [new ClaudeError.AccountOnHold({ message, appealUrl: "https://a.test" }), "AuthenticationError"],
  BillingBlocked: [new ClaudeError.BillingBlocked({ message, kind: "creditBalance" }), "QuotaExhaustedError"],
  NotFound: [new ClaudeError.NotFound({ message, resource: "model" }), "InvalidRequestError"],
  RequestTooLarge: [new ClaudeError.RequestTooLarge({ message, status: 413 }), "InvalidRequestError"],
  Conflict: [new ClaudeError.Conflict({ message, errorCode: "scan_pending" }), "InvalidRequestError"],
  RateLimited: [new ClaudeError.RateLimited({ message, limit: "requests", retryAfter, status: 429 }), "RateLimitError"],
  Overloaded: [new ClaudeError.Overloaded({ message, retryAfter, status: 529 }), "InternalProviderError"],
  ServerFailed: [new ClaudeError.ServerFailed({ message, status: 500 }), "InternalProviderError"],
  ConnectionFailed: [new ClaudeError.ConnectionFailed({ message, code: "ECONNRESET" }), "NetworkError"],
  TimedOut: [new ClaudeError.TimedOut({ phase: "idle", after: retryAfter }), "NetworkError"],
  StreamInterrupted: [new ClaudeError.StreamInterrupted({ message, cut: "reset" }), "NetworkError"],
  MalformedResponse: [new ClaudeError.MalformedResponse({ message, body: "<html>" }), "InvalidResponseError"],
  Refused: [new ClaudeError.Refused({ message, answer, category: "cyber" }), "ContentPolicyError"],
  Truncated: [new ClaudeError.Truncated({ message, answer, limit: "maxTokens" }), "StructuredOutputError"],
  UnknownStop: [new ClaudeError.UnknownStop({ message, answer, stopReason: "new" }), "StructuredOutputError"],
  RequestRejected: [
    new ClaudeError.RequestRejected({ violations: [{ path: "model", rule: "model", message, fix: "Name one." }] }),
    "InvalidRequestError"
  ],
  RequestExceedsLimit: [
    new ClaudeError.RequestExceedsLimit({ limit: "inputTokens", needed: 2, available: 1 }),
    "InvalidRequestError"
  ],
  LimiterRejected: [new ClaudeError.LimiterRejected({ why: "deadline", wait: retryAfter }), "RateLimitError"],
  CircuitOpen: [new ClaudeError.CircuitOpen({ key: "m", retryAfter }), "InternalProviderError"],
  DeadlineExceeded: [new ClaudeError.DeadlineExceeded({ deadline: retryAfter }), "UnknownError"],
  SpendExceeded: [new ClaudeError.SpendExceeded({ limit: "usd", spent: 1, cap: 1 }), "QuotaExhaustedError"]
}

const attempts = [{
  reason: "Overloaded",
  message,
  status: 529,
  duration: Duration.millis(3),
  wait: Duration.seconds(1)
}]
const json = Schema.toCodecJson(AiError.AiError)
const codec = Schema.toCodecJson(ClaudeError.ClaudeError)

describe("every reason", () => {
  for (const [tag, [reason, expected]] of Object.entries(reasons)) {
    it(`A9 ${tag} is ${expected}, retryable where it is, and the original is in it`, () =>
      Effect.runPromise(Effect.forEach(
        [reason, ClaudeError.mark<ClaudeError.Reason>(reason, { retried: true })],
        Effect.fnUntraced(function*(marked) {
          const original = new ClaudeError.ClaudeError({ method: "createMessage", reason: marked, attempts })
          const error = toAiError("generateText")(original)
          assert.strictEqual(error.reason._tag, expected)
          assert.strictEqual(error.isRetryable, original.isRetryable)
          assert.strictEqual(ClaudeLanguageModel.claudeErrorOf(error)?.reason._tag, tag)
          const wait = error.retryAfter === undefined ? undefined : Duration.toMillis(error.retryAfter)
          const hint = tag === "LimiterRejected" ? retryAfter : original.retryAfter
          assert.strictEqual(wait, hint && Duration.toMillis(hint))

          const sent = JSON.parse(JSON.stringify(yield* Schema.encodeEffect(json)(error)))
          const arrived = yield* Schema.decodeUnknownEffect(json)(sent)
          assert.strictEqual(arrived.reason._tag, expected)
          const found = ClaudeLanguageModel.claudeErrorOf(arrived)
          assert.instanceOf(found, ClaudeError.ClaudeError)
          assert.deepStrictEqual(yield* Schema.encodeEffect(codec)(found), yield* Schema.encodeEffect(codec)(original))
        })
      )))
  }

  it("no other error has an original", () => {
    const others = [
      undefined,
      new Error("no"),
      AiError.make({ module: "M", method: "m", reason: new AiError.RateLimitError({}) }),
      AiError.make({
        module: "M",
        method: "m",
        reason: new AiError.ToolNotFoundError({ toolName: "t", availableTools: [] })
      })
    ]
    for (const other of others) assert.isUndefined(ClaudeLanguageModel.claudeErrorOf(other))
  })
})

describe("through the client", () => {
  it("B1 a 429 is waited out by the client's policies, and nobody above sees it", () =>
    against([Fault.rateLimited("requests", 20), says("Hello!")], ({ clock }) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* ask).text, "Hello!")
        assert.isAtLeast(clock.now, 20_000)
      })))

  it("A7 B8 exhausted, it has the log of every try and is not to be retried above", () =>
    against([Fault.overloaded(), Fault.rateLimited("requests", 2)], (harness) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(ask)
        assert.strictEqual(error.reason._tag, "RateLimitError")
        assert.isFalse(error.isRetryable)
        const original = ClaudeLanguageModel.claudeErrorOf(error)
        assert.deepStrictEqual(original?.attempts.map(({ reason }) => reason), ["Overloaded", "RateLimited"])
        assert.strictEqual((yield* bodies(harness)).length, 2)
        assert.include(Cause.pretty(Cause.fail(error)), "RateLimited")
      }), { maxAttempts: 2 }))

  it("A10 what preflight rejects names its path, and nothing is sent", () =>
    against([], (harness) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(
          Effect.provideService(ask, ClaudeLanguageModel.Overrides, { max_tokens: 1_000_000 })
        )
        assert.isTrue(error.reason._tag === "InvalidRequestError" && error.reason.parameter === "max_tokens")
        assert.deepStrictEqual(yield* bodies(harness), [])
      })))
})
