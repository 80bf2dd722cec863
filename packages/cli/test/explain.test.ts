import { Explain } from "@effect-claude/cli"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { start } from "./fixtures/harness.ts"

const body = (type: string, message: string, code?: string): string =>
  JSON.stringify({
    type: "error",
    error: { type, message, ...(code === undefined ? {} : { details: { error_code: code } }) },
    request_id: "req_011"
  })

const curl = [
  "*   Trying 160.79.104.10:443...",
  "> POST /v1/messages HTTP/2",
  "> x-api-key: sk-ant-api03-SECRETSECRET",
  "< HTTP/2 429 ",
  "< retry-after: 171",
  "< request-id: req_022",
  "< ",
  body("rate_limit_error", "This request would exceed your organization's rate limit of 50 requests per minute.")
].join("\n")

const inLog = JSON.stringify({ level: "error", msg: `call failed: 529 ${body("overloaded_error", "Overloaded")}` })

const cases: ReadonlyArray<readonly [string, string, object | undefined]> = [
  ["a status", "529", { _tag: "Overloaded", status: 529 }],
  ["a type", "overloaded_error", { _tag: "Overloaded" }],
  ["a code", "enforced_spend_limit_reached", { _tag: "BillingBlocked", kind: "enforcedSpendLimit", status: 429 }],
  ["a tag of ours", "CircuitOpen", { _tag: "CircuitOpen" }],
  ["a stop reason", "refusal", { _tag: "Refused" }],
  ["a cloud's exception", "throttlingException", { _tag: "RateLimited" }],
  ["a body", body("not_found_error", "model: claude-none"), {
    _tag: "NotFound",
    resource: "model",
    requestId: "req_011"
  }],
  ["a broken-off body's text", "prompt is too long: 209353 tokens > 199999 maximum", {
    _tag: "ContextOverflow",
    inputTokens: 209_353
  }],
  ["a transcript", curl, { _tag: "RateLimited", limit: "requests", requestId: "req_022", status: 429 }],
  ["a log line with escapes", inLog, { _tag: "Overloaded", status: 529, requestId: "req_011" }],
  ["a log line of a log line", JSON.stringify({ line: inLog }), { _tag: "Overloaded", status: 529 }],
  [
    "a coloured line",
    `\u001b[31mERROR\u001b[0m 400 ${body("invalid_request_error", "Your credit balance is too low")}`,
    {
      _tag: "BillingBlocked",
      kind: "creditBalance"
    }
  ],
  ["the SDK's message", `RateLimitError: 429 ${body("rate_limit_error", "x", "ramp_limit_exceeded")}`, {
    _tag: "RateLimited",
    limit: "ramp"
  }],
  [
    "a result line of bulk",
    JSON.stringify({
      custom_id: "a",
      result: {
        type: "errored",
        error: {
          type: "error",
          error: { type: "invalid_request_error", message: "m" },
          reason: { _tag: "DeadlineExceeded", deadline: 1000 }
        }
      }
    }),
    { _tag: "DeadlineExceeded" }
  ],
  [
    "a result line of a batch",
    JSON.stringify({
      custom_id: "a",
      result: { type: "errored", error: JSON.parse(body("overloaded_error", "Overloaded")) }
    }),
    { _tag: "Overloaded" }
  ],
  ["an answer that was cut", JSON.stringify({ type: "message", content: [], stop_reason: "max_tokens", usage: {} }), {
    _tag: "Truncated"
  }],
  ["a page with its status", "HTTP/1.1 502 Bad Gateway\nServer: nginx\n\n<html><h1>502 Bad Gateway</h1></html>", {
    _tag: "ServerFailed",
    status: 502
  }],
  ["a page alone", "<!DOCTYPE html><title>Hotel WLAN</title>", { _tag: "MalformedResponse" }],
  ["a system error", "FetchError: read ECONNRESET\n    at TLSWrap.onStreamRead", {
    _tag: "ConnectionFailed",
    code: "ECONNRESET"
  }],
  ["the SDK's connection error", "APIConnectionTimeoutError: Request timed out.", { _tag: "TimedOut" }],
  ["Vertex's array", `[{"error":{"code":429,"message":"Resource exhausted","status":"RESOURCE_EXHAUSTED"}}]`, {
    _tag: "RateLimited"
  }],
  ["Bedrock's message", `ThrottlingException: 429 {"message":"Too many tokens"}`, { _tag: "RateLimited", status: 429 }],
  ["a name from the language", "constructor", undefined],
  ["a success", "200", undefined],
  ["nothing", "  ", undefined],
  ["prose", "it does not work", undefined]
]

describe("explain", () => {
  for (const [name, pasted, expected] of cases) {
    it.effect(name, () =>
      Effect.gen(function*() {
        const found = yield* Explain.explain(pasted)
        if (expected === undefined) return assert.isUndefined(found)
        assert.deepInclude(found?.reason, expected)
        assert.isAtLeast(found?.diagnosis.steps.length ?? 0, 1)
      }))
  }

  it.effect("A9 shows no key that was in the paste", () =>
    Effect.gen(function*() {
      const leaky = `401 ${
        body("authentication_error", "invalid key sk-ant-api03-AAAA-BBBB for https://user:hunter2@proxy.test")
      }`
      const found = yield* Explain.explain(
        `${leaky}\nAuthorization: Bearer abc.def.ghi\nCookie: session=s3cr3t; other=0ther`
      )
      assert.isDefined(found)
      if (found === undefined) return
      for (const shown of [Explain.json(found), JSON.stringify(found)]) {
        assert.notMatch(shown, /AAAA|hunter2|abc\.def|s3cr3t|0ther/)
      }
    }))

  it.effect("a hostile paste takes time in its length", () =>
    Effect.gen(function*() {
      const begin = performance.now()
      for (const piece of ["{", "[{", "\\\"", "{\"a\":", "x-api-key: ", "HTTP/1 "]) {
        yield* Explain.explain(piece.repeat(200_000))
      }
      assert.isBelow(performance.now() - begin, 5000)
    }))

  it("prints a person's text, JSON with --json, reads - and exits 1 where it cannot tell", async () => {
    const shown = await start("http://127.0.0.1:9", ["explain", "529"]).ended
    assert.strictEqual(shown.code, 0)
    assert.match(shown.stdout, /^Overloaded {2}status 529/)
    assert.match(shown.stdout, /who {5}Anthropic/)
    assert.match(shown.stdout, / {2}1\. /)
    assert.notInclude(shown.stdout, "\u001b[")
    const json = await start("http://127.0.0.1:9", ["explain", "--json", "overloaded_error"]).ended
    const { diagnosis, reason } = JSON.parse(json.stdout)
    assert.strictEqual(reason._tag, "Overloaded")
    assert.strictEqual(diagnosis.who, "anthropic")
    const unknown = await start("http://127.0.0.1:9", ["explain", "hello"]).ended
    assert.strictEqual(unknown.code, 1)
    assert.match(unknown.stderr, /Paste the status/)
  })
})
