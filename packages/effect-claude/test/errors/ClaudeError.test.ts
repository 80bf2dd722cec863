import { assert, describe, it } from "@effect/vitest"
import { Cause, Duration, Schema } from "effect"
import { ClaudeError } from "effect-claude"
import { patterns } from "../../src/errors/internal/patterns.ts"

const answer = (
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {}
): ClaudeError.RealReason =>
  ClaudeError.fromResponse({
    status,
    body: typeof body === "string" ? body : JSON.stringify(body),
    header: (name) => headers[name] ?? null,
    now: 0
  })

const api = (type: string, message = "text", code?: string) => ({
  type: "error",
  error: { type, message, ...(code === undefined ? {} : { details: { error_code: code } }) },
  request_id: "req_1"
})

describe("ClaudeError", () => {
  it("A1 money in all its shapes is BillingBlocked and never retryable", () => {
    const cases: ReadonlyArray<readonly [number, object, ClaudeError.BillingBlocked["kind"]]> = [
      [429, api("rate_limit_error", "cap", "enforced_spend_limit_reached"), "enforcedSpendLimit"],
      [429, api("rate_limit_error", "cap", "contract_spend_limit_reached"), "contractSpendLimit"],
      [402, api("billing_error"), "billing"],
      [402, api("billing_error", "x", "linked_organization_spend_limit_reached"), "linkedOrganization"],
      [403, api("billing_error"), "billing"],
      [403, api("permission_error", "x", "user_profile_not_billable"), "userProfile"],
      [403, api("permission_error", "x", "user_profile_billing_not_authorized"), "userProfile"],
      [400, api("invalid_request_error", "You have reached your specified API usage limits."), "selfSetLimit"],
      [
        400,
        api("invalid_request_error", "You have reached your specified workspace API usage limits."),
        "selfSetLimit"
      ],
      [400, api("invalid_request_error", "Your credit balance is too low to access the API."), "creditBalance"]
    ]
    for (const [status, body, kind] of cases) {
      const reason = answer(status, body, { "x-should-retry": "true" })
      assert.strictEqual(reason._tag === "BillingBlocked" ? reason.kind : reason._tag, kind)
      assert.isFalse(reason.isRetryable)
    }
    const ramp = answer(429, api("rate_limit_error", "x", "ramp_limit_exceeded"))
    assert.isTrue(ramp._tag === "RateLimited" && ramp.limit === "ramp" && ramp.isRetryable)
  })

  it("A2 an error inside a stream has the reason of the same error by status, with what arrived", () => {
    const partial: ClaudeError.Partial = {
      content: [{ type: "text", text: "so far" }],
      complete: 0,
      usage: { inputTokens: 10, cacheCreationTokens: 0, cacheReadTokens: 0, outputTokens: 2, estimated: true }
    }
    const statuses = {
      overloaded_error: 529,
      rate_limit_error: 429,
      api_error: 500,
      timeout_error: 504,
      billing_error: 402,
      authentication_error: 401,
      permission_error: 403,
      not_found_error: 404,
      invalid_request_error: 400
    }
    for (const [type, status] of Object.entries(statuses)) {
      const inStream = ClaudeError.fromStreamEvent(api(type), { header: () => null, now: 0, partial })
      assert.strictEqual(inStream._tag, answer(status, api(type))._tag)
      assert.deepStrictEqual("partial" in inStream ? inStream.partial : undefined, partial)
    }
  })

  it("A3 a 200 that is no message is MalformedResponse or the error it names", () => {
    const ok = (body: string) => ClaudeError.fromBody(body, { status: 200, header: () => null, now: 0 })
    for (const body of ["", "<html>hotel</html>", `{"type":"mess`, "[]", "null", `{"a":1}`]) {
      assert.strictEqual(ok(body)._tag, "MalformedResponse")
    }
    assert.strictEqual(ok(JSON.stringify(api("overloaded_error")))._tag, "Overloaded")
    assert.strictEqual(ok(JSON.stringify(api("authentication_error")))._tag, "AuthenticationFailed")
  })

  it("A4 context overflow carries the numbers of its text", () => {
    const long = answer(400, api("invalid_request_error", "prompt is too long: 209353 tokens > 199999 maximum"))
    assert.deepInclude(long, { _tag: "ContextOverflow", inputTokens: 209353, limit: 199999 })
    const both = answer(
      400,
      api(
        "invalid_request_error",
        "input length and `max_tokens` exceed context limit: 178959 + 64000 > 200000, decrease"
      )
    )
    assert.deepInclude(both, { _tag: "ContextOverflow", inputTokens: 178959, maxTokens: 64000, limit: 200000 })
  })

  it("every pattern matches its own recorded sample, and no other pattern comes before it", () => {
    for (const pattern of patterns) {
      assert.strictEqual(patterns.find((one) => one.text.test(pattern.sample)), pattern, pattern.sample)
    }
    const pairing = answer(
      400,
      api("invalid_request_error", patterns.find((one) => one.sample.includes("immediately after"))!.sample)
    )
    assert.deepInclude(pairing, { _tag: "InvalidConversation", kind: "pairing", messageIndex: 2, ids: ["toolu_01A"] })
  })

  it("statuses map as the table says", () => {
    const table: Readonly<Record<number, ClaudeError.Reason["_tag"]>> = {
      300: "InvalidRequest",
      302: "InvalidRequest",
      400: "InvalidRequest",
      401: "AuthenticationFailed",
      402: "BillingBlocked",
      403: "PermissionDenied",
      404: "NotFound",
      408: "ServerFailed",
      409: "Conflict",
      412: "Conflict",
      413: "RequestTooLarge",
      418: "InvalidRequest",
      422: "InvalidRequest",
      424: "ServerFailed",
      429: "RateLimited",
      431: "InvalidRequest",
      500: "ServerFailed",
      501: "InvalidRequest",
      502: "ServerFailed",
      503: "ServerFailed",
      504: "ServerFailed",
      520: "ServerFailed",
      529: "Overloaded"
    }
    for (const [status, tag] of Object.entries(table)) assert.strictEqual(answer(Number(status), "")._tag, tag, status)
    assert.strictEqual(answer(400, api("invalid_request_error", "x", "organization_on_hold"))._tag, "AccountOnHold")
    assert.strictEqual(answer(400, api("invalid_request_error", "x", "thread_already_continued"))._tag, "Conflict")
  })

  it("A6 what is new is carried as data", () => {
    const reason = answer(499, api("quantum_error", "new", "never_seen"))
    assert.deepInclude(reason, {
      _tag: "InvalidRequest",
      status: 499,
      errorType: "quantum_error",
      errorCode: "never_seen",
      message: "new",
      requestId: "req_1"
    })
    assert.strictEqual(
      ClaudeError.fromStreamEvent(api("new_error"), { header: () => null, now: 0 })._tag,
      "ServerFailed"
    )
  })

  it("A8 clouds and proxies give the same reasons", () => {
    assert.deepInclude(answer(429, { message: "Too many tokens" }, { "x-amzn-requestid": "amz" }), {
      _tag: "RateLimited",
      message: "Too many tokens",
      requestId: "amz"
    })
    const google = { error: { code: 429, message: "Quota exceeded", status: "RESOURCE_EXHAUSTED" } }
    assert.deepInclude(answer(429, google), { _tag: "RateLimited", message: "Quota exceeded" })
    assert.deepInclude(answer(429, [google]), { _tag: "RateLimited", message: "Quota exceeded" })
    assert.deepInclude(answer(502, "<html><head><title>502 Bad Gateway</title></head></html>"), {
      _tag: "ServerFailed",
      message: "502 Bad Gateway"
    })
  })

  it("B2 every hint has one rule, and none of them makes a tight loop", () => {
    const after = (headers: Readonly<Record<string, string>>) => {
      const reason = answer(429, "", headers)
      const hint = "retryAfter" in reason ? reason.retryAfter : undefined
      return hint === undefined ? undefined : Duration.toMillis(hint)
    }
    assert.strictEqual(after({ "retry-after-ms": "250.5", "retry-after": "9" }), 250.5)
    assert.strictEqual(after({ "retry-after": "171" }), 171_000)
    assert.strictEqual(after({ "retry-after": "Thu, 01 Jan 1970 00:00:07 GMT" }), 7000)
    const skewed = { "retry-after": "Thu, 01 Jan 2026 00:00:07 GMT", date: "Thu, 01 Jan 2026 00:00:00 GMT" }
    assert.strictEqual(after(skewed), 7000)
    for (const none of ["0", "-5", "soon", "", "Thu, 01 Jan 1960 00:00:00 GMT", "2026-01-01", "NaN", "Infinity"]) {
      assert.isUndefined(after({ "retry-after": none }), none)
    }
    assert.isFalse(answer(529, "", { "x-should-retry": "false" }).isRetryable)
    assert.isTrue(answer(400, "", { "x-should-retry": "true" }).isRetryable)
  })

  it("A9 no key, token or cookie survives in an error; JSON keeps tag and fields", () => {
    const secret = "sk-ant-api03-SECRET_value-1"
    const reason = answer(
      400,
      api("invalid_request_error", `bad header x-api-key: ${secret}, Authorization: Bearer abc.def, cookie: session=42`)
    )
    const error = new ClaudeError.ClaudeError({ method: "createMessage", reason, attempts: [] })
    const shown = [String(error), JSON.stringify(error), Cause.pretty(Cause.fail(error)), error.stack ?? ""].join("\n")
    for (const part of [secret, "SECRET", "abc.def", "session=42"]) assert.notInclude(shown, part)
    const bare = answer(500, `stack trace: key ${secret} was used`)
    assert.notInclude(bare.message, "SECRET")
    const codec = Schema.toCodecJson(ClaudeError.ClaudeError)
    const limited = new ClaudeError.ClaudeError({
      method: "createMessage",
      reason: new ClaudeError.RateLimited({
        message: "slow",
        status: 429,
        limit: "requests",
        retryAfter: Duration.seconds(3)
      }),
      attempts: [{
        reason: "RateLimited",
        message: "slow",
        duration: Duration.millis(12),
        wait: Duration.seconds(3),
        waitSource: "server"
      }]
    })
    const back = Schema.decodeUnknownSync(codec)(JSON.parse(JSON.stringify(Schema.encodeSync(codec)(limited))))
    assert.instanceOf(back.reason, ClaudeError.RateLimited)
    assert.deepStrictEqual(back.reason, limited.reason)
    assert.deepStrictEqual(back.attempts, limited.attempts)
  })

  it("what a fetch or a body threw is a reason with the system's code, anything else is none", () => {
    const bounds = { connect: Duration.seconds(1), headers: Duration.seconds(2), idle: Duration.seconds(3) }
    const thrown = (cause: unknown) => ClaudeError.fromTransport(cause, bounds)
    const coded = (code: string) => Object.assign(new Error(`it was ${code}`), { code })
    const wrapped = (cause: unknown) => new TypeError("fetch failed", { cause })
    assert.deepInclude(thrown(wrapped(coded("ECONNRESET"))), { _tag: "ConnectionFailed", code: "ECONNRESET" })
    assert.deepInclude(thrown(wrapped(new AggregateError([coded("ECONNREFUSED")]))), { code: "ECONNREFUSED" })
    assert.deepInclude(thrown(wrapped(coded("UND_ERR_CONNECT_TIMEOUT"))), { _tag: "TimedOut", phase: "connect" })
    assert.deepInclude(thrown(coded("UND_ERR_BODY_TIMEOUT")), { _tag: "TimedOut", phase: "idle" })
    assert.deepInclude(thrown(new TypeError("terminated")), { _tag: "ConnectionFailed" })
    assert.deepInclude(thrown(new DOMException("aborted", "AbortError")), { _tag: "ConnectionFailed" })
    assert.deepInclude(thrown(wrapped(new DOMException("aborted", "AbortError"))), { _tag: "ConnectionFailed" })
    for (const defect of [new Error("bug"), new TypeError("x is not a function"), "text", undefined, null, 7]) {
      assert.isUndefined(thrown(defect))
    }
  })

  it("a mark keeps every field", () => {
    const reason = answer(429, api("rate_limit_error"), { "retry-after": "3" })
    const marked = ClaudeError.mark(reason, { retried: true })
    assert.isFalse(marked.isRetryable)
    assert.deepInclude(marked, { message: "text", status: 429, requestId: "req_1", retried: true })
    assert.isFalse(ClaudeError.mark(reason, { delivered: true }).isRetryable)
  })
})
