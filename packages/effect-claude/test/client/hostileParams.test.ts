import { Reply } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Stream } from "effect"
import { ClaudeClient, ClaudeRateLimiter, History, Preflight } from "effect-claude"
import { params, runHandler } from "../fixtures/harness.ts"

const circle: Record<string, unknown> = {}
circle["self"] = circle
const deep = (depth: number): unknown => {
  let value: unknown = "x"
  for (let n = 0; n < depth; n++) value = [value]
  return value
}
const throws = (name: string) =>
  Object.defineProperty({ ...params }, name, {
    enumerable: true,
    get: () => {
      throw new Error("a getter")
    }
  })
const message = (content: unknown) => ({ ...params, messages: [{ role: "user", content }] })
const block = (more: object) => message([{ type: "text", text: "hi", ...more }])

/** What a caller without types may hand over. */
const strange: Readonly<Record<string, unknown>> = {
  "a bigint": { ...params, max_tokens: 5n },
  "a bigint inside": block({ x: 5n }),
  "a circle": { ...params, metadata: circle },
  "a circle in a block": block({ x: circle }),
  "depth": block({ x: deep(20_000) }),
  "a getter that throws": throws("metadata"),
  "a model that throws": throws("model"),
  "messages that throw": throws("messages"),
  "max_tokens that throws": throws("max_tokens"),
  "a toJSON that throws": block({
    toJSON: () => {
      throw new Error("a toJSON")
    }
  }),
  "a toJSON that gives nothing": block({ toJSON: () => undefined }),
  "a proxy": new Proxy({ ...params }, {
    get: () => {
      throw new Error("a trap")
    }
  }),
  "a proxy inside": block({
    x: new Proxy({}, {
      ownKeys: () => {
        throw new Error("a trap")
      }
    })
  }),
  "a symbol": block({ x: Symbol("x") }),
  "a function": block({ x: () => 5 }),
  "NaN": { ...params, max_tokens: Number.NaN },
  "Infinity inside": block({ x: Infinity }),
  "a lone surrogate": message("half \ud83e"),
  "a prototype key": JSON.parse(JSON.stringify(message("hi")).replace("\"role\"", "\"__proto__\":{\"x\":1},\"role\"")),
  "a constructor key": { ...params, constructor: 1, hasOwnProperty: 2, toString: 3 },
  "no prototype": Object.assign(Object.create(null), params),
  "a sparse list": { ...params, messages: Array(3) },
  "messages of another realm": { ...params, messages: { length: 1, 0: params.messages[0] } },
  "null": null,
  "a text": "hello",
  "a date": { ...params, metadata: new Date(0) },
  "an invalid date": { ...params, metadata: { at: new Date(Number.NaN) } },
  "a map": { ...params, messages: new Map() },
  "circles where names belong": {
    ...params,
    tools: [{ name: circle, input_schema: circle }],
    tool_choice: { type: "tool", name: circle },
    messages: [
      { role: circle, content: [{ type: "tool_use", id: circle, name: circle, input: 5n }] },
      { role: "user", content: [{ type: "image", source: { type: "base64", media_type: circle, data: "aGk=" } }] }
    ]
  },
  "big numbers where names belong": {
    ...params,
    model: 5n,
    system: 5n,
    tools: [{ name: 5n }],
    messages: [{ role: 5n, content: 5n }, {
      role: Object.create(null),
      content: [{ type: "image", source: { media_type: 5n } }]
    }]
  },
  "betas that are none": { ...params, betas: [Symbol("x")] },
  "betas with a line break": { ...params, betas: ["a\r\nx-evil: 1"] },
  "a model with a line break": { ...params, model: "a\r\nb" },
  "an undefined thread": {
    ...params,
    thread: {
      get type() {
        throw new Error("a getter")
      }
    }
  }
}

const ways: Readonly<Record<string, (given: never) => Effect.Effect<unknown, unknown, ClaudeClient.ClaudeClient>>> = {
  create: (given) => ClaudeClient.createMessage(given, { maxAttempts: 1 }),
  joined: (given) => ClaudeClient.createMessage(given, { maxAttempts: 1, stream: true }),
  counted: (given) => ClaudeClient.createMessage(given, { maxAttempts: 1, countTokens: true }),
  stream: (given) => Stream.runDrain(ClaudeClient.streamMessage(given, { maxAttempts: 1, continuations: 1 })),
  count: (given) => ClaudeClient.countTokens(given, { maxAttempts: 1 })
}

const ok: Reply.Handler = (request) =>
  Effect.succeed(
    request.path.endsWith("count_tokens")
      ? Reply.json(200, { input_tokens: 5 })
      : Reply.forRequest(request, Reply.message("Hi"))
  )

const theirs = /^Error: a (?:getter|trap|toJSON)$/

const tryAll = (preflight: boolean) => () =>
  Effect.gen(function*() {
    const wrong: Array<string> = []
    for (const [name, given] of Object.entries(strange)) {
      for (const [way, send] of Object.entries(ways)) {
        const exit = yield* Effect.exit(Effect.suspend(() => send(given as never)))
        if (Exit.isSuccess(exit)) continue
        const error = Cause.squash(exit.cause) as { readonly _tag?: string }
        // What the caller's own code throws is the caller's defect.
        if (theirs.test(String(error))) continue
        if (Cause.hasDies(exit.cause) || error._tag !== "ClaudeError") wrong.push(`${name}, ${way}: ${String(error)}`)
      }
    }
    assert.deepStrictEqual(wrong, [], preflight ? "with preflight" : "without")
    // Whatever it was, no place is held by it.
    const { state } = yield* ClaudeRateLimiter.ClaudeRateLimiter
    assert.deepStrictEqual((yield* state).filter(({ inFlight, queued }) => inFlight + queued > 0), [])
  })

describe("requests as no types allow them", () => {
  it("Preflight names what is wrong with each, alone and in a batch", () => {
    for (const [name, given] of Object.entries(strange)) {
      if (/throw|proxy|thread/.test(name)) continue
      const alone = Preflight.check(given)
      const batch = Preflight.checkBatch([{ custom_id: circle, params: given }, { custom_id: 5n, params: given }])
      assert.isAtLeast(batch.length, alone.length, name)
    }
  })

  it(
    "A10 end in an answer or an error of ours, with preflight",
    { timeout: 20_000 },
    () => runHandler(ok, tryAll(true))
  )

  it(
    "A10 end in an answer or an error of ours, without preflight",
    { timeout: 20_000 },
    () => runHandler(ok, tryAll(false), { preflight: false })
  )

  it("what is frozen is sent, and nothing that was given is changed", () => {
    const freeze = <A>(value: A): A => {
      if (typeof value === "object" && value !== null) {
        Object.values(value).forEach(freeze)
        Object.freeze(value)
      }
      return value
    }
    const given = freeze({
      ...params,
      betas: ["a-2026-01-01"],
      tools: [{ name: "t", input_schema: { type: "object" as const, properties: {} } }],
      messages: History.toMessages(History.make([{ type: "text", text: "Hi", cache_control: { type: "ephemeral" } }]))
    })
    return runHandler(ok, () =>
      Effect.gen(function*() {
        for (const send of Object.values(ways)) yield* send(given as never)
      }))
  })

  it("a lone surrogate arrives as JSON writes it, a prototype key as a key", () =>
    runHandler(ok, ({ seen }) =>
      Effect.gen(function*() {
        yield* ClaudeClient.createMessage(strange["a lone surrogate"] as never)
        yield* ClaudeClient.createMessage(strange["a prototype key"] as never)
        const [half, proto] = yield* seen
        assert.include(half?.request.body, "half \\ud83e")
        assert.include(proto?.request.body, "\"__proto__\":{\"x\":1}")
        assert.isUndefined(Reflect.get({}, "x"))
      })))
})
