import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { ClaudeError } from "effect-claude"

const secret = "gateway+key/of=no-known-prefix-0123456789"
const none = (): null => null

const shown = (status: number, body: unknown, header: (name: string) => string | null = none): string => {
  const reason = ClaudeError.fromResponse({ status, body, header, now: 0, secrets: [secret] })
  return `${reason.message} ${JSON.stringify(reason)}`
}

/** No eight characters of it, in a row. */
const assertHidden = (text: string, hidden = secret): void => {
  for (let at = 0; at + 8 <= hidden.length; at++) assert.notInclude(text, hidden.slice(at, at + 8))
}

describe("A9 secrets in odd places", () => {
  it("a key that an echo shows encoded is hidden: base64 wherever it begins, its URL form, percent-encoded", () => {
    const bytes = (text: string) => Buffer.from(text, "utf8")
    const forms = ["", "x", "xy", "user:"].flatMap((before) =>
      ["", "z", "zz"].flatMap((behind) => [
        bytes(before + secret + behind).toString("base64"),
        bytes(before + secret + behind).toString("base64url")
      ])
    )
    for (const form of [...forms, encodeURIComponent(secret)]) {
      // What lies at the edges depends on what stands beside the key.
      assertHidden(
        shown(401, { type: "error", error: { type: "x", message: `got ${form} as key` } }),
        form.slice(6, -4)
      )
    }
  })

  it("a key at the edge of what is shown of a page is not shown in half", () => {
    for (let at = 240; at < 310; at++) {
      assertHidden(shown(502, `<html><body>${"word ".repeat(at / 5)}${".".repeat(at % 5)} ${secret} </body></html>`))
    }
    for (let at = 0; at < secret.length; at++) {
      assertHidden(shown(502, `<html>${"<i>".repeat(5459 - 20)}${" ".repeat(at)}<b>${secret}</b>${"<i>".repeat(100)}`))
    }
  })

  it("a key in the type, the code or an id of an error is hidden, and none of them is longer than 200 characters", () => {
    const text = shown(400, {
      type: "error",
      error: { type: `no_${secret}`, message: "m", details: { error_code: secret, appeal_url: `https://a/${secret}` } },
      request_id: `req_${secret}`
    })
    assertHidden(text)
    const long = "x".repeat(5000)
    const reason = ClaudeError.fromResponse({
      status: 400,
      header: none,
      now: 0,
      body: { type: "error", error: { type: long, message: "m", details: { error_code: long } }, request_id: long }
    })
    assert.isBelow(JSON.stringify(reason).length, 1000)
  })

  it("passwords and tokens of addresses are hidden, those with an @ too", () => {
    const text = "see https://me:p@ss1word@proxy.test/a and https://ghp0token1@git.test/b, mail me@example.test"
    const clean = ClaudeError.redact(text)
    assert.notMatch(clean, /ss1word|ghp0token1/)
    assert.include(clean, "me@example.test")
  })

  it("a key in the cause of a cause is hidden", () => {
    const thrown = new TypeError("fetch failed", {
      cause: Object.assign(new Error(`connect to https://me:${secret}@proxy.test failed`), { code: "ECONNREFUSED" })
    })
    const bounds = { connect: Duration.zero, headers: Duration.zero, idle: Duration.zero }
    const reason = ClaudeError.fromTransport(thrown, bounds, [secret])
    assertHidden(`${reason?.message} ${JSON.stringify(reason)}`)
  })
})
