import { assert, describe, it } from "@effect/vitest"
import { ClaudeError, Diagnosis } from "effect-claude"
import { administration } from "../../src/errors/internal/advice/administration.ts"
import { inference } from "../../src/errors/internal/advice/codes.ts"
import { type Code, codes, isCode, statusOf } from "../../src/errors/internal/codes.ts"
import { patterns } from "../../src/errors/internal/patterns.ts"

const answer = (status: number, type: string, message: string, code?: string): ClaudeError.RealReason =>
  ClaudeError.fromResponse({
    status,
    body: JSON.stringify({
      type: "error",
      error: { type, message, ...(code === undefined ? {} : { details: { error_code: code } }) },
      request_id: "req_1"
    }),
    header: () => null,
    now: 0
  })

/** What is not said by the status alone. */
const claimed: { readonly [C in Code]?: string } = {
  organization_on_hold: "AccountOnHold",
  thread_already_continued: "Conflict",
  thread_continue_in_flight: "Conflict",
  thread_fingerprint_mismatch: "Conflict",
  linked_organization_billing_unavailable: "BillingBlocked",
  linked_organization_spend_limit_reached: "BillingBlocked",
  user_profile_billing_not_authorized: "BillingBlocked",
  user_profile_not_billable: "BillingBlocked",
  contract_spend_limit_reached: "BillingBlocked",
  enforced_spend_limit_reached: "BillingBlocked",
  request_body_timeout: "ServerFailed"
}
const byStatus: Readonly<Record<number, string>> = {
  400: "InvalidRequest",
  403: "PermissionDenied",
  404: "NotFound",
  409: "Conflict",
  412: "Conflict",
  413: "RequestTooLarge",
  429: "RateLimited",
  503: "ServerFailed",
  529: "Overloaded"
}

describe("every error code", () => {
  it("the SDK knows 99, of which 43 can reach a call to a model", () => {
    assert.strictEqual(Object.keys(codes).length, 99)
    assert.strictEqual(Object.keys(inference).length, 43)
    assert.strictEqual(Object.keys(administration).length, 56)
  })

  it("a table that lacks one is a type error", () => {
    const { thread_not_found: _, ...rest } = { ...inference, ...administration }
    // @ts-expect-error thread_not_found has no diagnosis
    const incomplete: { readonly [C in Code]: Diagnosis.Diagnosis } = rest
    assert.strictEqual(Object.keys(incomplete).length, 98)
  })

  for (const code of Object.keys(codes)) {
    it(`code ${code}`, () => {
      if (!isCode(code)) return assert.fail("not a code")
      const status = statusOf(code)
      const reason = answer(status, "some_error", "text", code)
      assert.strictEqual(reason._tag, claimed[code] ?? byStatus[status])
      assert.deepInclude(reason, { errorCode: code, status, requestId: "req_1", message: "text" })
      const diagnosis = Diagnosis.of(reason)
      if (reason._tag !== "AccountOnHold") assert.strictEqual(diagnosis, Diagnosis.ofCode(code))
      assert.isAtLeast(diagnosis.steps.length, 1)
      assert.match(diagnosis.cause, /^[A-Z].*\.$/)
      // What is retried is said to help, and what is not is not.
      assert.strictEqual(diagnosis.retry.helps === "yes", reason.isRetryable)
    })
  }

  it("A6 a code that is newer than the SDK is data, whatever it is called", () => {
    for (const code of ["brand_new", "constructor", "__proto__", "toString"]) {
      const reason = answer(429, "rate_limit_error", "text", code)
      assert.isTrue(reason._tag === "RateLimited" && reason.errorCode === code)
      assert.isUndefined(Diagnosis.ofCode(code))
      const inStream = ClaudeError.fromStreamEvent({ type: "error", error: { type: code, message: "x" } }, {
        header: () => null,
        now: 0
      })
      assert.isTrue(inStream._tag === "ServerFailed" && inStream.errorType === code)
    }
  })
})

describe("every known text", () => {
  for (const pattern of patterns) {
    it(`A5 pattern ${pattern.name}`, () => {
      const reason = answer(400, "invalid_request_error", pattern.sample)
      const common = { message: pattern.sample, status: 400, errorType: "invalid_request_error", requestId: "req_1" }
      const match = pattern.text.exec(pattern.sample)
      assert.isNotNull(match)
      if (match !== null) assert.strictEqual(reason._tag, pattern.reason(common, match)._tag)
      assert.deepInclude(reason, common)
      const others = answer(400, "invalid_request_error", "something else")
      assert.notDeepEqual(Diagnosis.of(reason), Diagnosis.of(others))
    })
  }

  it("unknown texts stay InvalidRequest with all that the API said", () => {
    const reason = answer(400, "invalid_request_error", "messages: nobody has seen this")
    assert.deepInclude(reason, { _tag: "InvalidRequest", message: "messages: nobody has seen this" })
  })

  it("classification takes time in the length of the body, however hostile", () => {
    const hostile = [
      "<script".repeat(150_000),
      "bearer ".repeat(150_000),
      "cookie: ".repeat(130_000),
      "://a:".repeat(200_000),
      "authorization: ".repeat(70_000),
      "`thinking` or `redacted_thinking` blocks ".repeat(25_000)
    ]
    const start = performance.now()
    for (const body of hostile) answer(400, "x", body)
    for (const body of hostile) ClaudeError.fromResponse({ status: 502, body, header: () => null, now: 0 })
    assert.isBelow(performance.now() - start, 3000)
  })
})
