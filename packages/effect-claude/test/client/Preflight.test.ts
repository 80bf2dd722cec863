import { RequestRules, Routes } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { ClaudeClient, Preflight } from "effect-claude"
import { params, reason, runHandler } from "../fixtures/harness.ts"
import * as Media from "../fixtures/media.ts"

const user = (content: unknown) => ({ role: "user", content })
const assistant = (content: unknown) => ({ role: "assistant", content })
const text = (value = "hi") => ({ type: "text", text: value })
const use = (id: string, name = "look") => ({ type: "tool_use", id, name, input: {} })
const result = (id: string) => ({ type: "tool_result", tool_use_id: id, content: "ok" })
const tool = (name: string, more: object = {}) => ({ name, input_schema: { type: "object" }, ...more })
const cached = (ttl?: string) => ({
  ...text(),
  cache_control: { type: "ephemeral", ...(ttl === undefined ? {} : { ttl }) }
})

/** A PNG's first bytes, and as many characters as asked for. */
const png = (width: number, height: number, length = 0): string => {
  const bytes = Buffer.alloc(48)
  bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52])
  bytes.writeUInt32BE(width, 16)
  bytes.writeUInt32BE(height, 20)
  return bytes.toString("base64").padEnd(length, "A")
}
const image = (data: string, type = "image/png") => ({
  type: "image",
  source: { type: "base64", media_type: type, data }
})
const document = (data: string, type = "application/pdf") => ({
  type: "document",
  source: { type: "base64", media_type: type, data: Buffer.from(data).toString("base64") }
})
const pages = (count: number) => ({
  type: "document",
  source: { type: "base64", media_type: "application/pdf", data: Media.pdf(count) }
})
const older = { model: "claude-haiku-4-5" }
const deep = (levels: number): unknown => {
  let value: unknown = "end"
  for (let n = 0; n < levels; n++) value = { a: value }
  return value
}

/** Rule, what is changed in a good request, path of the violation, what the API says. */
const bad: ReadonlyArray<readonly [string, object, RegExp, RegExp]> = [
  ["required", { model: undefined }, /^model$/, /model: Field required/],
  ["required", { max_tokens: undefined }, /^max_tokens$/, /max_tokens: Field required/],
  ["required", { messages: undefined }, /^messages$/, /messages: Field required|cannot be sent/],
  ["required", { messages: [] }, /^messages$/, /at least one message/],
  ["required", { model: 7 }, /^model$/, /model: Input should be a valid string|cannot be sent/],
  ["required", { messages: 5 }, /^messages$/, /messages: Input should be a valid list|cannot be sent/],
  ["messageShape", { messages: [null] }, /^messages\.0$/, /messages\.0: Input|cannot be sent/],
  ["messageShape", { messages: [user(5)] }, /^messages\.0\.content$/, /messages\.0\.content: Input/],
  ["messageShape", { messages: [user([7])] }, /^messages\.0\.content\.0$/, /messages\.0\.content\.0: Input/],
  ["shape", { tools: 5 }, /^tools$/, /tools: Input|cannot be sent/],
  ["shape", { tools: [null] }, /^tools\.0$/, /tools\.0: Input|cannot be sent/],
  ["shape", { system: 5 }, /^system$/, /system: Input/],
  ["size", { metadata: { user_id: 7n } }, /^$/, /cannot be sent/],
  ["size", { messages: [user([{ type: "text", text: "hi", more: deep(20_000) }])] }, /^$/, /cannot be sent/],
  ["size", { messages: [user("x".repeat(33_600_000))] }, /^$/, /maximum allowed number of bytes/],
  ["count", { messages: Array.from({ length: 100_001 }, () => user("x")) }, /^messages$/, /at most 100000/],
  ["maxTokens", { max_tokens: 128_001 }, /^max_tokens$/, /128001 > 128000/],
  ["maxTokens", { max_tokens: -1 }, /^max_tokens$/, /max_tokens: Input/],
  ["maxTokens", { max_tokens: 1.5 }, /^max_tokens$/, /max_tokens: Input/],
  ["maxTokens", { ...older, max_tokens: 64_001 }, /^max_tokens$/, /64001 > 64000/],
  ["sampling", { temperature: 0 }, /^temperature$/, /temperature: Extra inputs/],
  ["sampling", { top_p: 1 }, /^top_p$/, /top_p: Extra inputs/],
  ["sampling", { top_k: 1 }, /^top_k$/, /top_k: Extra inputs/],
  ["role", { messages: [{ role: "model", content: "x" }] }, /^messages\.0\.role$/, /messages\.0\.role/],
  ["role", { messages: [user([use("toolu_1")])] }, /^messages\.0\.content\.0$/, /can only be in `assistant`/],
  [
    "role",
    { messages: [user("a"), assistant([result("toolu_1")]), user("b")] },
    /^messages\.1\.content\.0$/,
    /can only be in `user`/
  ],
  ["content", { messages: [user("")] }, /^messages\.0\.content$/, /non-empty content/],
  ["content", { messages: [user("a"), assistant([]), user("b")] }, /^messages\.1\.content$/, /non-empty content/],
  [
    "content",
    { messages: [user([text("")])] },
    /^messages\.0\.content\.0\.text$/,
    /text content blocks must be non-empty/
  ],
  [
    "unanswered",
    { messages: [user("a"), assistant([use("toolu_1"), use("toolu_2")]), user([result("toolu_1")])] },
    /^messages\.1\.content\.1$/,
    /without `tool_result` blocks immediately after: toolu_2/
  ],
  [
    "unanswered",
    { messages: [user("a"), assistant([use("toolu_1")])] },
    /^messages\.1\.content\.0$/,
    /without `tool_result`/
  ],
  [
    "orphan",
    { messages: [user("a"), assistant("b"), user([result("toolu_1")])] },
    /^messages\.2\.content\.0\.tool_use_id$/,
    /unexpected `tool_use_id` found in `tool_result`/
  ],
  [
    "resultsFirst",
    { messages: [user("a"), assistant([use("toolu_1")]), user([text(), result("toolu_1")])] },
    /^messages\.2\.content\.1$/,
    /without `tool_result` blocks immediately after/
  ],
  [
    "duplicateResult",
    { messages: [user("a"), assistant([use("toolu_1")]), user([result("toolu_1"), result("toolu_1")])] },
    /^messages\.2\.content\.1\.tool_use_id$/,
    /Found multiple `tool_result`/
  ],
  [
    "duplicateCall",
    {
      messages: [
        user("a"),
        assistant([use("toolu_1")]),
        user([result("toolu_1")]),
        assistant([use("toolu_1")]),
        user([result("toolu_1")])
      ]
    },
    /^messages\.3\.content\.0\.id$/,
    /ids must be unique/
  ],
  [
    "serverTool",
    {
      messages: [
        user("a"),
        assistant([{ type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} }]),
        user("b"),
        assistant("c"),
        user("d")
      ]
    },
    /^messages\.1\.content\.0$/,
    /without a corresponding `web_search_tool_result`/
  ],
  [
    "serverTool",
    {
      messages: [
        user("a"),
        assistant([{ type: "web_search_tool_result", tool_use_id: "srvtoolu_9", content: [] }]),
        user("b")
      ]
    },
    /^messages\.1\.content\.0\.tool_use_id$/,
    /unexpected `tool_use_id`/
  ],
  [
    "thinking",
    { messages: [user([{ type: "thinking", thinking: "h", signature: "s" }])] },
    /^messages\.0\.content\.0$/,
    /can only be in `assistant`/
  ],
  [
    "thinking",
    { messages: [user("a"), assistant([{ type: "thinking", thinking: "h" }, text()]), user("b")] },
    /signature$/,
    /thinking\.signature: Field required/
  ],
  ["prefill", { messages: [user("a"), assistant("b")] }, /^messages\.1$/, /does not support assistant message prefill/],
  ["toolName", { tools: [tool("a b")] }, /^tools\.0\.name$/, /String should match pattern/],
  ["toolName", { tools: [tool("a"), tool("a")] }, /^tools\.1\.name$/, /names must be unique/],
  ["toolSchema", { tools: [{ name: "a" }] }, /^tools\.0\.input_schema$/, /input_schema/],
  [
    "toolSchema",
    { tools: [{ name: "a", input_schema: { type: "array" } }] },
    /^tools\.0\.input_schema\.type$/,
    /input_schema/
  ],
  [
    "toolChoice",
    { ...older, tools: [tool("a")], tool_choice: { type: "tool", name: "b" } },
    /^tool_choice\.name$/,
    /'b' not found/
  ],
  ["toolChoice", { tools: [tool("a")], tool_choice: { type: "some" } }, /^tool_choice\.type$/, /expected tags/],
  [
    "thinkingBudget",
    { ...older, thinking: { type: "enabled", budget_tokens: 100 } },
    /budget_tokens$/,
    /greater than or equal to 1024/
  ],
  [
    "thinkingBudget",
    { ...older, thinking: { type: "enabled", budget_tokens: 2000 } },
    /budget_tokens$/,
    /must be greater than `thinking\.budget_tokens`/
  ],
  [
    "thinkingChoice",
    {
      ...older,
      max_tokens: 4000,
      thinking: { type: "enabled", budget_tokens: 2000 },
      tools: [tool("a")],
      tool_choice: { type: "any" }
    },
    /^tool_choice\.type$/,
    /forces tool use/
  ],
  [
    "cacheCount",
    { system: [cached(), cached()], messages: [user([cached(), cached(), cached()])] },
    /^messages\.0\.content\.2\.cache_control$/,
    /maximum of 4 blocks.*Found 5/
  ],
  [
    "cacheCount",
    { cache_control: { type: "ephemeral" }, messages: [user([cached(), cached(), cached(), cached(), text()])] },
    /content\.3\.cache_control$/,
    /Found 5/
  ],
  [
    "cacheOrder",
    { system: [cached()], messages: [user([cached("1h")])] },
    /^messages\.0\.content\.0\.cache_control$/,
    /must not come after/
  ],
  [
    "cachePlace",
    {
      messages: [
        user("a"),
        assistant([{ type: "thinking", thinking: "h", signature: "s", cache_control: { type: "ephemeral" } }, text()]),
        user("b")
      ]
    },
    /^messages\.1\.content\.0\.cache_control$/,
    /thinking\.cache_control: Extra inputs are not permitted/
  ],
  ["imageType", { messages: [user([image(png(1, 1), "image/jpeg")])] }, /media_type$/, /appears to be a image\/png/],
  ["imageType", { messages: [user([image(png(1, 1), "image/bmp")])] }, /media_type$/, /Input should be 'image\/jpeg'/],
  ["imageData", { messages: [user([image(`data:image/png;base64,${png(1, 1)}`)])] }, /data$/, /invalid base64/],
  ["imageData", { messages: [user([image("!!!not base64!!!!")])] }, /data$/, /invalid base64/],
  ["imagePixels", { messages: [user([image(png(8001, 10))])] }, /data$/, /max allowed size: 8000/],
  [
    "imagePixels",
    { messages: [user(Array.from({ length: 21 }, () => image(png(2001, 10))))] },
    /data$/,
    /many-image requests: 2000/
  ],
  [
    "imagePixels",
    {
      messages: [
        user("a"),
        assistant([use("toolu_1")]),
        user([{ ...result("toolu_1"), content: [image(png(9000, 1))] }])
      ]
    },
    /^messages\.2\.content\.0\.content\.0\.source\.data$/,
    /8000 pixels/
  ],
  ["imageSize", { messages: [user([image(png(10, 10, 10_485_764))])] }, /data$/, /exceeds 10 MB/],
  [
    "imageCount",
    { messages: [user(Array.from({ length: 601 }, () => image(png(1, 1))))] },
    /^messages\.0\.content\.600/,
    /too many images/
  ],
  [
    "imageCount",
    { ...older, messages: [user(Array.from({ length: 101 }, () => image(png(1, 1))))] },
    /content\.100/,
    /101 \+ 0 > 100/
  ],
  ["pdf", { messages: [user([document("hello")])] }, /data$/, /PDF specified was not valid/],
  ["pdf", { messages: [user([document("x", "text/plain")])] }, /media_type$/, /application\/pdf/],
  [
    "documentPlace",
    { messages: [user("a"), assistant([document("%PDF-1.7")]), user("b")] },
    /^messages\.1\.content\.0$/,
    /not permitted in assistant/
  ],
  [
    "documentPlace",
    { messages: [user([{ ...text(), citations: [{ type: "char_location" }] }])] },
    /citations$/,
    /citations: Extra inputs/
  ],
  ["shape", { thinking: true }, /^thinking$/, /thinking: Input should be an object/],
  ["shape", { metadata: "me" }, /^metadata$/, /metadata: Input should be an object/],
  ["shape", { stop_sequences: "end" }, /^stop_sequences$/, /stop_sequences: Input should be a valid list/],
  ["shape", { stop_sequences: [1] }, /^stop_sequences\.0$/, /stop_sequences\.0: Input should be a valid string/],
  ["size", { messages: [user("é".repeat(17 * 1024 * 1024))] }, /^$/, /maximum allowed number of bytes/],
  [
    "blockFields",
    { messages: [user([{ type: "text" }])] },
    /^messages\.0\.content\.0\.text$/,
    /text\.text: Field required/
  ],
  ["blockFields", { messages: [user([{ type: "image" }])] }, /content\.0\.source$/, /image\.source: Field required/],
  [
    "blockFields",
    { messages: [user([{ type: "image", source: { type: "file" } }])] },
    /source\.file_id$/,
    /image\.source\.file\.file_id: Field required/
  ],
  [
    "blockFields",
    { messages: [user("a"), assistant([{ ...use("toolu_1"), input: "{}" }]), user([result("toolu_1")])] },
    /^messages\.1\.content\.0\.input$/,
    /tool_use\.input: Input should be/
  ],
  [
    "systemMessage",
    { messages: [{ role: "system", content: "be kind" }, user("a")] },
    /^messages\.0\.role$/,
    /use the top-level 'system' parameter/
  ],
  [
    "systemMessage",
    { messages: [user("a"), assistant("b"), { role: "system", content: "c" }] },
    /^messages\.2\.role$/,
    /messages\.2: role 'system' must follow/
  ],
  [
    "systemMessage",
    { messages: [user("a"), { role: "system", content: "c" }, user("b")] },
    /^messages\.1\.role$/,
    /messages\.1: role 'system' must precede/
  ],
  [
    "systemMessage",
    { ...older, messages: [user("a"), { role: "system", content: "c" }] },
    /^messages\.1\.role$/,
    /role 'system' is not supported on this model/
  ],
  ["systemText", { system: [text("")] }, /^system\.0\.text$/, /text content blocks must be non-empty/],
  ["toolName", { tools: [tool("a".repeat(129))] }, /^tools\.0\.name$/, /String should match pattern/],
  [
    "toolSchema",
    { tools: [{ name: "a", input_schema: { type: "object", anyOf: [{ type: "object" }] } }] },
    /^tools\.0\.input_schema\.anyOf$/,
    /does not support oneOf, allOf, or anyOf at the top level/
  ],
  [
    "deferred",
    { tools: [tool("a", { defer_loading: true })] },
    /^tools$/,
    /At least one tool must have defer_loading=false/
  ],
  [
    "toolChoice",
    { tool_choice: { type: "auto" } },
    /^tool_choice$/,
    /tool_choice may only be specified while providing tools/
  ],
  [
    "thinkingType",
    { max_tokens: 4000, thinking: { type: "enabled", budget_tokens: 2000 } },
    /^thinking\.type$/,
    /"thinking\.type\.enabled" is not supported/
  ],
  [
    "thinkingType",
    { ...older, thinking: { type: "adaptive" } },
    /^thinking\.type$/,
    /adaptive thinking is not supported on this model/
  ],
  [
    "thinkingType",
    { model: "claude-opus-5-5", thinking: { type: "disabled" } },
    /^thinking\.type$/,
    /"thinking\.type\.disabled" is not supported/
  ],
  ["thinkingType", { thinking: { budget_tokens: 2000 } }, /^thinking\.type$/, /thinking: Unable to extract tag/],
  ["imageType", { messages: [user([image(Media.bmp())])] }, /media_type$/, /Could not process image/],
  ["imagePixels", { messages: [user([image(Media.jpeg(10, 8001), "image/jpeg")])] }, /data$/, /max allowed size: 8000/],
  ["imagePixels", { messages: [user([image(Media.gif(8001, 10), "image/gif")])] }, /data$/, /max allowed size: 8000/],
  ["imagePixels", { messages: [user([image(Media.webp(8001, 10), "image/webp")])] }, /data$/, /max allowed size: 8000/],
  ["pdfPages", { messages: [user([pages(601)])] }, /^messages\.0\.content\.0\.source$/, /maximum of 600 PDF pages/],
  [
    "pdfPages",
    { ...older, messages: [user([pages(51), pages(51)])] },
    /content\.1\.source$/,
    /maximum of 100 PDF pages/
  ]
]

/** What must never be rejected. */
const good: ReadonlyArray<readonly [string, object]> = [
  ["a plain request", {}],
  ["the pre-warming of a cache", { max_tokens: 0 }],
  ["the most max_tokens", { max_tokens: 128_000 }],
  ["system messages in the middle", {
    messages: [
      user("a"),
      { role: "system", content: "now in French" },
      { role: "system", content: "and short" },
      assistant("b"),
      user("c"),
      { role: "system", content: [text()] }
    ]
  }],
  ["messages of one role in a row", {
    messages: [user("a"), user("b"), assistant("c"), assistant([text("d")]), user("e")]
  }],
  ["parallel calls with images as results", {
    tools: [tool("look")],
    messages: [
      user("a"),
      assistant([text(), use("toolu_1"), use("toolu_2")]),
      user([{ ...result("toolu_2"), content: [image(png(10, 10))], is_error: true }, result("toolu_1"), text("and?")])
    ]
  }],
  ["an empty result", {
    messages: [user("a"), assistant([use("toolu_1")]), user([{ type: "tool_result", tool_use_id: "toolu_1" }])]
  }],
  ["a paused turn", {
    messages: [
      user("a"),
      assistant([text(), { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} }])
    ]
  }],
  ["server tools with their results", {
    tools: [{ type: "web_search_20260318", name: "web_search" }],
    messages: [
      user("a"),
      assistant([
        { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} },
        { type: "web_search_tool_result", tool_use_id: "srvtoolu_1", content: [] },
        text()
      ]),
      user("b")
    ]
  }],
  ["thinking, signed and redacted", {
    thinking: { type: "adaptive" },
    messages: [
      user("a"),
      assistant([
        { type: "thinking", thinking: "h", signature: "s" },
        { type: "redacted_thinking", data: "x" },
        text()
      ]),
      user("b")
    ]
  }],
  ["a budget beyond max_tokens between calls of tools", {
    ...older,
    max_tokens: 2000,
    thinking: { type: "enabled", budget_tokens: 4000 },
    tools: [tool("a")]
  }],
  ["blocks and tools nobody knows", {
    model: "claude-opus-5",
    tools: [{ type: "hologram_20270101", name: "hologram" }, { type: "mcp_toolset", mcp_server_name: "x" }],
    tool_choice: { type: "tool", name: "from_the_server" },
    messages: [user([{ type: "hologram", data: "x" }]), assistant([{ type: "mind", text: "" }]), user("b")]
  }],
  ["a file, an address, a search result", {
    messages: [user([
      { type: "image", source: { type: "file", file_id: "file_1" } },
      { type: "image", source: { type: "url", url: "https://example.com/a.png" } },
      { type: "document", source: { type: "text", media_type: "text/plain", data: "x" } },
      { type: "search_result", source: "s", title: "t", content: [text()] }
    ])]
  }],
  ["a PDF", { messages: [user([document("%PDF-1.7 …")])] }],
  ["an image with transformations", {
    messages: [user([{ ...image(png(9000, 10)), transformations: { oversized_image: "downsize" } }])]
  }],
  ["twenty large images", { messages: [user(Array.from({ length: 20 }, () => image(png(8000, 8000))))] }],
  ["four breakpoints, an hour's first", {
    tools: [tool("a", { cache_control: { type: "ephemeral", ttl: "1h" } })],
    system: [cached("1h")],
    messages: [user([cached(), cached("5m")])]
  }],
  ["prefill on an older model", { ...older, messages: [user("a"), assistant("b")] }],
  ["a fallback's switch", {
    messages: [user("a"), assistant([use("toolu_1"), { type: "fallback", from: "x", to: "y" }, text()]), user("b")]
  }]
]

const request = (change: object): ClaudeClient.MessageParams =>
  // Requests that the types exclude are what preflight is for.
  ({ ...params, ...change }) as ClaudeClient.MessageParams

const api = RequestRules.make(Routes.make())

describe("Preflight", () => {
  for (const [index, [rule, change, path, says]] of bad.entries()) {
    it(`A10 ${rule} (${index}): rejected here with its path and fix, and by the API in its words`, async () => {
      await runHandler(api, ({ seen }) =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(ClaudeClient.createMessage(request(change)))
          assert.strictEqual(error.reason._tag, "RequestRejected")
          if (error.reason._tag !== "RequestRejected") return
          const violation = error.reason.violations.find((one) => one.rule === rule)
          assert.match(violation?.path ?? "none", path)
          assert.match(violation?.fix ?? "", /\S.*[.:]?$/)
          assert.deepStrictEqual(error.attempts, [])
          assert.lengthOf(yield* seen, 0)
        }))
      const rejected = await runHandler(api, () => reason(ClaudeClient.createMessage(request(change))), {
        preflight: false
      })
      assert.include(["InvalidRequest", "InvalidConversation", "RequestTooLarge"], rejected._tag)
      assert.match(rejected.message, says)
    })
  }

  it("every rule has a request that breaks it, and its own name", () => {
    const names = Preflight.rules.map(({ name }) => name)
    assert.deepStrictEqual(new Set(names).size, names.length)
    const broken = new Set([...bad.map(([rule]) => rule), "unstreamed"])
    assert.deepStrictEqual(names.filter((name) => !broken.has(name)), [])
    assert.deepStrictEqual(Array.from(broken).filter((name) => !names.includes(name)), [])
    for (const [rule, change] of bad) {
      const waived = Preflight.check(request(change), { waive: [rule] })
      assert.isFalse(waived.some((violation) => violation.rule === rule))
    }
  })

  for (const [name, change] of good) {
    it(`passes ${name}`, async () => {
      assert.deepStrictEqual(Preflight.check(request(change)), [])
      const message = await runHandler(api, () => ClaudeClient.createMessage(request(change)))
      assert.strictEqual(message.type, "message")
    })
  }

  it("A10 lists every violation at once, and a waived rule is not checked", async () => {
    const change = {
      model: undefined,
      max_tokens: -1,
      temperature: 1,
      messages: [user("a"), assistant([use("x"), use("x")])]
    }
    const rules = Preflight.check(request(change)).map((violation) => violation.rule)
    assert.deepStrictEqual(rules, ["required", "maxTokens", "sampling", "unanswered", "unanswered", "duplicateCall"])
    const waive = ["sampling"]
    const passed = await runHandler(
      () =>
        api({
          index: 0,
          at: 0,
          method: "POST",
          path: "/v1/messages",
          query: "",
          headers: { "x-api-key": "k" },
          body: "{}",
          json: params
        }),
      () => ClaudeClient.createMessage(request({ temperature: 1 })),
      { preflight: { waive } }
    )
    assert.strictEqual(passed.type, "message")
    assert.lengthOf(Preflight.checkMessages([Symbol("x")]), 1)
  })

  it("what the API told of a model counts more than the shipped table", () =>
    runHandler(api, ({ seen }) =>
      Effect.gen(function*() {
        yield* ClaudeClient.getModel("claude-haiku-4-5-20251001")
        const before = (yield* seen).length
        const error = yield* reason(
          ClaudeClient.createMessage(request({ model: "claude-haiku-4-5-20251001", max_tokens: 64_001 }))
        )
        assert.strictEqual(error._tag, "RequestRejected")
        const unknown = yield* reason(
          ClaudeClient.createMessage(request({ model: "claude-next", max_tokens: 999_999 }))
        )
        assert.strictEqual(unknown._tag, "NotFound", "an unknown model is left to the API")
        assert.lengthOf(yield* seen, before + 1)
      })))

  it("what insists on JSON but may take over ten minutes is rejected", () => {
    const rules = Preflight.check(request({ max_tokens: 30_000 }), { streamed: false }).map((violation) =>
      violation.rule
    )
    assert.deepStrictEqual(rules, ["unstreamed"])
    assert.deepStrictEqual(Preflight.check(request({ max_tokens: 21_333 }), { streamed: false }), [])
  })

  it("rules of the direct API's version do not hold for other platforms", () => {
    assert.deepStrictEqual(Preflight.check(request({ temperature: 1 }), { direct: false }), [])
  })

  it("batches: ids, count, what they do not take, and each request's own violations", () => {
    const one = { custom_id: "a", params }
    assert.deepStrictEqual(Preflight.checkBatch([one]), [])
    const found = Preflight.checkBatch([one, one, {
      custom_id: "b b",
      params: { ...params, stream: true, max_tokens: 0 }
    }, {
      custom_id: "c",
      params: { ...params, model: undefined }
    }])
    assert.deepStrictEqual(found.map((violation) => violation.path), [
      "requests.1.custom_id",
      "requests.2.custom_id",
      "requests.2.params.stream",
      "requests.2.params.max_tokens",
      "requests.3.params.model"
    ])
    assert.lengthOf(Preflight.checkBatch([]), 1)
  })

  it("reads sizes of every format", () => {
    const jpeg = Buffer.concat([
      Buffer.from([0xff, 0xd8, 0xff, 0xe1, 0x40, 0x00]),
      Buffer.alloc(0x3ffe),
      Buffer.from([0xff, 0xc0, 0, 17, 8, 0x23, 0x28, 0, 10, 3, 0, 0, 0])
    ]).toString("base64")
    const gif = Buffer.concat([Buffer.from("GIF89a"), Buffer.from([0x41, 0x1f, 1, 0, 0, 0])]).toString("base64")
    const webp = Buffer.concat([
      Buffer.from("RIFF\0\0\0\0WEBPVP8X"),
      Buffer.from([10, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x1f, 0, 9, 0, 0])
    ]).toString("base64")
    for (const [data, type] of [[jpeg, "image/jpeg"], [gif, "image/gif"], [webp, "image/webp"]] as const) {
      const found = Preflight.check(request({ messages: [user([image(data, type)])] }))
      assert.deepStrictEqual(found.map((violation) => violation.rule), ["imagePixels"], type)
    }
  })
})
