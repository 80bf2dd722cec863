import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { ClaudeError } from "effect-claude"

const none = (): null => null
const answer = (status: number, body: unknown, header: (name: string) => string | null = none) =>
  ClaudeError.fromResponse({ status, body, header, now: 0 })
const error = (message: string) => ({ type: "error", error: { type: "invalid_request_error", message } })

describe("hostile bodies", () => {
  it("an error that names itself behind other fields is that error", () => {
    const body = JSON.stringify({
      request_id: "req_1",
      error: { type: "overloaded_error", message: "m" },
      type: "error"
    })
    assert.strictEqual(ClaudeError.fromBody(body, { status: 200, header: none, now: 0 })._tag, "Overloaded")
  })

  it("takes time linear in the text, whatever the text", { timeout: 5000 }, () => {
    const traps = [
      "eyJ-",
      "eyJaaaaaaaa.",
      "<",
      "<script",
      "://a:",
      "cookie ",
      "authorization: ",
      "bearer ",
      "sk-ant-",
      "@"
    ]
    for (const trap of traps) {
      const body = trap.repeat(Math.ceil(400_000 / trap.length))
      for (const given of [body, `<${body}`, { type: "error", error: { type: "x", message: body } }]) answer(502, given)
      ClaudeError.redact(body)
      ClaudeError.fromBody(body, { status: 200, header: none, now: 0 })
    }
  })

  it("numbers that are too large for any reason are left out of it", () => {
    const huge = "9".repeat(30)
    const overflow = answer(400, error(`prompt is too long: ${huge} tokens > 1000 maximum`))
    assert.deepInclude(overflow, { _tag: "ContextOverflow", limit: 1000, inputTokens: undefined })
    const pairing = answer(400, error(`messages.${huge}.content.1: \`tool_use\` ids must be unique`))
    assert.deepInclude(pairing, { _tag: "InvalidConversation", messageIndex: undefined, contentIndex: 1 })
  })

  it("what was thrown is read whatever it is", () => {
    const bounds = { connect: Duration.zero, headers: Duration.zero, idle: Duration.zero }
    const traps = [
      Object.defineProperty(new Error("x"), "cause", {
        get: () => {
          throw new Error("no")
        }
      }),
      { name: "AbortError", message: Object.create(null) },
      { name: Symbol("x"), message: Symbol("y"), code: "ECONNRESET" },
      new Proxy({}, {
        get: () => {
          throw new Error("no")
        }
      }),
      null,
      "text"
    ]
    assert.deepStrictEqual(
      traps.map((trap) => ClaudeError.fromTransport(trap, bounds)?._tag),
      [undefined, "ConnectionFailed", "ConnectionFailed", undefined, undefined, undefined]
    )
  })
})
