import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Cause, Effect, Schema } from "effect"
import { ClaudeError, Diagnosis } from "effect-claude"

const codec = Schema.toCodecJson(ClaudeError.Reason)
const errorCodec = Schema.toCodecJson(ClaudeError.ClaudeError)

describe("every reason", () => {
  for (const member of ClaudeError.Reason.members) {
    it.effect.prop(
      `reason ${member.identifier}`,
      { reason: Arbitrary.schema(member) },
      ({ reason }) =>
        Effect.sync(() => {
          const diagnosis = Diagnosis.of(reason)
          assert.match(diagnosis.cause, /^[A-Z].*\.$/s)
          assert.isAtLeast(diagnosis.steps.length, 1)
          for (const step of diagnosis.steps) assert.match(step, /[.:)]$/)
          assert.match(diagnosis.docs, /^(https:\/\/|docs\/)/)
          // A store, a log and another thread each give it back with tag and fields.
          const encoded = Schema.encodeSync(codec)(reason)
          const back = Schema.decodeUnknownSync(codec)(JSON.parse(JSON.stringify(structuredClone(encoded))))
          assert.strictEqual(back._tag, reason._tag)
          // As text, because JSON has no negative zero.
          assert.strictEqual(JSON.stringify(Schema.encodeSync(codec)(back)), JSON.stringify(encoded))
          assert.strictEqual(typeof back.message, "string")
          assert.strictEqual(back.isRetryable, reason.isRetryable)
        }),
      { arbitrary: { runs: 30, seed: 1 } }
    )
  }

  it("A9 an error's text, JSON and pretty cause read like a sentence and show no key", () => {
    const secret = "gateway-secret-1"
    const reason = ClaudeError.fromResponse({
      status: 401,
      header: () => null,
      now: 0,
      secrets: [secret],
      body: {
        error: {
          type: "authentication_error",
          message:
            `invalid x-api-key sk-ant-api03-AAA, ${secret}, at https://me:pass1@host, authorization: Basic Zm9v, ` +
            "cookie: a=c00kie1; b=c00kie2"
        }
      }
    })
    const error = new ClaudeError.ClaudeError({ method: "createMessage", reason, attempts: [] })
    const shown = [
      String(error),
      error.stack ?? "",
      JSON.stringify(error),
      JSON.stringify(Schema.encodeSync(errorCodec)(error)),
      Cause.pretty(Cause.fail(error)),
      JSON.stringify(Diagnosis.of(reason))
    ]
    for (const text of shown) assert.notMatch(text, /api03-AAA|gateway-secret|pass1|Zm9v|c00kie/)
    assert.match(String(error), /createMessage: AuthenticationFailed: invalid x-api-key <redacted>/)
  })

  it("money, limits, phases and rules of the conversation have diagnoses of their own", () => {
    const causes = (reasons: ReadonlyArray<ClaudeError.Reason>): number =>
      new Set(reasons.map((reason) => Diagnosis.of(reason).cause)).size
    const message = "x"
    const kinds = [
      "billing",
      "creditBalance",
      "selfSetLimit",
      "enforcedSpendLimit",
      "contractSpendLimit",
      "userProfile"
    ] as const
    assert.strictEqual(causes(kinds.map((kind) => new ClaudeError.BillingBlocked({ message, kind }))), kinds.length)
    const rules = ["pairing", "duplicate", "serverTool", "thinking", "signature", "prefill"] as const
    assert.strictEqual(
      causes(rules.map((kind) => new ClaudeError.InvalidConversation({ message, kind, ids: [] }))),
      rules.length
    )
    const limits = ["requests", "inputTokens", "outputTokens", "ramp", "unknown"] as const
    assert.strictEqual(causes(limits.map((limit) => new ClaudeError.RateLimited({ message, limit }))), limits.length)
    assert.strictEqual(Diagnosis.checklist.length, 7)
    const tooLarge = Diagnosis.of(new ClaudeError.RequestTooLarge({ message }))
    assert.match(tooLarge.steps.join(" "), /Files API.*file_id.*chunks/s)
    const cut = Diagnosis.of(new ClaudeError.StreamInterrupted({ message, cut: "reset" }))
    assert.match(cut.steps.join(" "), /proxy_buffering/)
  })
})
