import type { Reply } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { ClaudeLanguageModel } from "effect-claude"
import { LanguageModel, type Prompt } from "effect/ai"
import { against, bodies, type Body, says } from "../fixtures/languageModel.ts"
import { gif, jpeg, png } from "../fixtures/media.ts"

/** What a prompt is sent as; the server rejects what the API would. */
const sent = (prompt: Prompt.RawInput): Promise<Body> =>
  against([says("Hello!")], (harness) =>
    Effect.gen(function*() {
      yield* LanguageModel.generateText({ prompt })
      const [body] = yield* bodies(harness)
      return body ?? assert.fail("nothing was sent")
    }))

const cacheControl = { type: "ephemeral", ttl: "1h" } as const
const cached = { anthropic: { cacheControl } }
const cache_control = cacheControl
const call = (id: string) => ({ type: "tool-call", id, name: "get_weather", params: { city: id } }) as const
const result = (id: string) => ({ type: "tool-result", id, name: "get_weather", isFailure: false, result: id }) as const
const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"))

describe("messages", () => {
  it("what the system says at the beginning is the system prompt, block by block", async () => {
    const body = await sent([
      { role: "system", content: "Be brief." },
      { role: "system", content: "Speak French.", options: cached },
      { role: "user", content: "Hi" }
    ])
    assert.deepStrictEqual(body["system"], [
      { type: "text", text: "Be brief." },
      { type: "text", text: "Speak French.", cache_control }
    ])
  })

  it("what it says later is a message where it stands", async () => {
    const prompt = [{ role: "user", content: "Hi" }, { role: "system", content: "The user left." }] as const
    await against([says("Hello!")], (harness) =>
      Effect.gen(function*() {
        yield* LanguageModel.generateText({ prompt })
        const [body] = yield* bodies(harness)
        assert.deepStrictEqual(body?.messages.map(({ role }) => role), ["user", "system"])
      }))
  })

  it("those of one role that follow each other are one, and what is empty is none", async () => {
    const body = await sent([
      { role: "user", content: "Hi" },
      { role: "user", content: [{ type: "text", text: "" }, { type: "text", text: "there" }] },
      { role: "assistant", content: "Hello" },
      { role: "assistant", content: [{ type: "text", text: "" }, { type: "text", text: ", you." }] },
      { role: "user", content: "Go on." }
    ])
    assert.deepStrictEqual(body.messages, [
      { role: "user", content: [{ type: "text", text: "Hi" }, { type: "text", text: "there" }] },
      { role: "assistant", content: [{ type: "text", text: "Hello" }, { type: "text", text: ", you." }] },
      { role: "user", content: [{ type: "text", text: "Go on." }] }
    ])
  })

  it("F1 results come before everything else and in the order of the calls, wherever the prompt has them", async () => {
    const body = await sent([
      { role: "user", content: "Hi" },
      { role: "assistant", content: [call("a"), call("b"), call("c")] },
      { role: "tool", content: [result("c")] },
      { role: "user", content: "Quick!" },
      { role: "tool", content: [result("b"), { ...result("a"), isFailure: true, result: { why: "no" } }] }
    ])
    assert.deepStrictEqual(body.messages[2]?.content, [
      { type: "tool_result", tool_use_id: "a", content: `{"why":"no"}`, is_error: true },
      { type: "tool_result", tool_use_id: "b", content: "b" },
      { type: "tool_result", tool_use_id: "c", content: "c" },
      { type: "text", text: "Quick!" }
    ])
  })

  it("F1 calls and their results stay turn by turn, and a late result goes where its call is", async () => {
    const body = await sent([
      { role: "user", content: "Hi" },
      { role: "assistant", content: [call("a"), call("b")] },
      { role: "tool", content: [result("a")] },
      { role: "assistant", content: [{ type: "text", text: "Wait." }, call("c")] },
      { role: "tool", content: [result("c"), result("b")] },
      { role: "assistant", content: "Done." },
      { role: "user", content: "Thanks." }
    ])
    const named = (block: Reply.Block) => block["id"] ?? block["tool_use_id"] ?? block["text"]
    const shape = body.messages.map(({ content, role }) => [role, content.map(named)])
    assert.deepStrictEqual<unknown>(shape, [
      ["user", ["Hi"]],
      ["assistant", ["a", "b"]],
      ["user", ["a", "b"]],
      ["assistant", ["Wait.", "c"]],
      ["user", ["c"]],
      ["assistant", ["Done."]],
      ["user", ["Thanks."]]
    ])
  })

  it("F2 a call that the conversation went on without gets a result that says what is known of it", async () => {
    const request = { type: "tool-approval-request", approvalId: "1", toolCallId: "c" } as const
    const body = await sent([
      { role: "user", content: "Hi" },
      { role: "assistant", content: [call("a")] },
      { role: "user", content: "Never mind." },
      { role: "assistant", content: [call("b"), call("c"), request] },
      { role: "tool", content: [result("b")] },
      { role: "user", content: "Well?" }
    ])
    const [interrupted] = body.messages[2]?.content ?? []
    assert.deepInclude(interrupted, { type: "tool_result", tool_use_id: "a", is_error: true })
    assert.include(interrupted?.["content"], "may or may not have run")
    assert.deepStrictEqual(body.messages[4]?.content.map((block) => block["tool_use_id"]), ["b", "c", undefined])
    assert.include(body.messages[4]?.content[1]?.["content"], "not approved")
  })

  it("F1 what the system says between a call and its result comes behind the result", async () => {
    const body = await sent([
      { role: "user", content: "Hi" },
      { role: "assistant", content: [call("a")] },
      { role: "system", content: "The user left." },
      { role: "tool", content: [result("a")] }
    ])
    assert.deepStrictEqual(body.messages.map(({ role }) => role), ["user", "assistant", "user", "system"])
    assert.deepStrictEqual(body.messages[2]?.content, [{ type: "tool_result", tool_use_id: "a", content: "a" }])
  })

  it("a result in an answer is one of the user's", async () => {
    const body = await sent([
      { role: "user", content: "Hi" },
      { role: "assistant", content: [call("a"), result("a")] }
    ])
    assert.deepStrictEqual(body.messages[2]?.content, [{ type: "tool_result", tool_use_id: "a", content: "a" }])
  })

  it("calls that are still open at the end, and results that nobody asked for, are rejected before they are sent", () =>
    against([], (harness) =>
      Effect.gen(function*() {
        const hi = { role: "user", content: "Hi" } as const
        const prompts: ReadonlyArray<readonly [string, Prompt.RawInput]> = [
          ["unanswered", [hi, { role: "assistant", content: [call("a")] }]],
          ["orphan", [hi, { role: "assistant", content: "Yes?" }, { role: "tool", content: [result("a")] }, hi]]
        ]
        for (const [rule, prompt] of prompts) {
          const error = yield* Effect.flip(LanguageModel.generateText({ prompt }))
          assert.strictEqual(error.reason._tag, "InvalidRequestError")
          const original = ClaudeLanguageModel.claudeErrorOf(error)?.reason
          const rules = original?._tag === "RequestRejected" ? original.violations.map((one) => one.rule) : []
          assert.include(rules, rule)
        }
        assert.deepStrictEqual(yield* bodies(harness), [])
      })))

  it("a result may hold nothing, an image, or an empty text", async () => {
    const image = { type: "file", mediaType: "image/png", data: bytes(png(10, 10)) } as const
    const body = await sent([
      { role: "user", content: "Hi" },
      { role: "assistant", content: [call("a"), call("b"), call("c")] },
      {
        role: "tool",
        content: [
          { ...result("a"), result: undefined },
          { ...result("b"), modelOutput: [{ type: "text", text: "Look:" }, image] },
          { ...result("c"), result: "" }
        ]
      }
    ])
    assert.deepStrictEqual(body.messages[2]?.content, [
      { type: "tool_result", tool_use_id: "a" },
      {
        type: "tool_result",
        tool_use_id: "b",
        content: [
          { type: "text", text: "Look:" },
          { type: "image", source: { type: "base64", media_type: "image/png", data: png(10, 10) } }
        ]
      },
      { type: "tool_result", tool_use_id: "c" }
    ])
  })

  it("a breakpoint of a message stands behind its last block that may have one; a part's own wins", async () => {
    const info = { type: "thinking", signature: "c2lnbmVk" } as const
    const body = await sent([
      { role: "user", content: [{ type: "text", text: "a" }, { type: "text", text: "b" }], options: cached },
      {
        role: "assistant",
        content: [{ type: "text", text: "c" }, { type: "reasoning", text: "d", options: { anthropic: { info } } }],
        options: cached
      },
      { role: "user", content: [{ type: "text", text: "e", options: cached }, { type: "text", text: "f" }] }
    ])
    assert.deepStrictEqual(body.messages.map(({ content }) => content.map((block) => block["cache_control"] ?? null)), [
      [null, cache_control],
      [cache_control, null],
      [cache_control, null]
    ])
  })

  it("reasoning without a signature is another model's and stays at home", async () => {
    const body = await sent([
      { role: "user", content: "Hi" },
      { role: "assistant", content: [{ type: "reasoning", text: "Hm." }, { type: "text", text: "Hello" }] },
      { role: "user", content: "Go on." }
    ])
    assert.deepStrictEqual(body.messages[1]?.content, [{ type: "text", text: "Hello" }])
  })
})

const files = {
  "bytes of an image": [
    { mediaType: "image/jpeg", data: bytes(jpeg(10, 10)) },
    { type: "image", source: { type: "base64", media_type: "image/jpeg", data: jpeg(10, 10) } }
  ],
  "an image of any format": [
    { mediaType: "image/*", data: gif(10, 10) },
    { type: "image", source: { type: "base64", media_type: "image/gif", data: gif(10, 10) } }
  ],
  "an image as a data URL": [
    { mediaType: "image/png", data: `data:image/png;base64,${png(10, 10)}` },
    { type: "image", source: { type: "base64", media_type: "image/png", data: png(10, 10) } }
  ],
  "an image on the web": [
    { mediaType: "image/png", data: new URL("https://a.test/b.png") },
    { type: "image", source: { type: "url", url: "https://a.test/b.png" } }
  ],
  "an uploaded image": [
    { mediaType: "image/png", data: "", options: { anthropic: { fileId: "file_1" } } },
    { type: "image", source: { type: "file", file_id: "file_1" } }
  ],
  "a PDF on the web": [
    { mediaType: "application/pdf", data: "https://a.test/b.pdf", fileName: "b.pdf" },
    { type: "document", source: { type: "url", url: "https://a.test/b.pdf" }, title: "b.pdf" }
  ],
  "an uploaded file of any kind": [
    {
      mediaType: "application/vnd.ms-excel",
      data: "",
      options: { anthropic: { fileId: "file_1", documentTitle: "Sums" } }
    },
    { type: "document", source: { type: "file", file_id: "file_1" }, title: "Sums" }
  ],
  "a text, to be cited": [
    {
      mediaType: "text/markdown",
      data: "# Rain",
      options: { anthropic: { ...cached.anthropic, citations: { enabled: true }, documentContext: "Old." } }
    },
    {
      type: "document",
      source: { type: "text", media_type: "text/plain", data: "# Rain" },
      context: "Old.",
      citations: { enabled: true },
      cache_control
    }
  ],
  "a text as a data URL": [
    { mediaType: "text/plain", data: "data:text/plain;base64,w6Q=" },
    { type: "document", source: { type: "text", media_type: "text/plain", data: "ä" } }
  ],
  "a text as a data URL that is written badly": [
    { mediaType: "text/plain", data: "data:text/plain,100%" },
    { type: "document", source: { type: "text", media_type: "text/plain", data: "100%" } }
  ],
  "bytes of a text": [
    { mediaType: "application/json", data: new TextEncoder().encode("{}") },
    { type: "document", source: { type: "text", media_type: "text/plain", data: "{}" } }
  ]
} satisfies Record<string, readonly [Omit<Prompt.FilePartEncoded, "type">, object]>

it("an option that is none of Claude's is a type error", () => {
  const wrong = { type: "ephemeral", ttl: "1d" } as const
  // @ts-expect-error there is no such time
  const bad: Prompt.TextPartOptions = { anthropic: { cacheControl: wrong } }
  const good: Prompt.TextPartOptions = { anthropic: { cacheControl } }
  assert.notDeepEqual(good, bad)
})

describe("files", () => {
  for (const [name, [given, expected]] of Object.entries(files)) {
    it(name, async () => {
      const file: Prompt.FilePartEncoded = { type: "file", ...given }
      const body = await sent([{ role: "user", content: [file, { type: "text", text: "What is it?" }] }])
      assert.deepStrictEqual<unknown>(body.messages[0]?.content[0], expected)
    })
  }

  it("bytes of a PDF", async () => {
    const data = bytes(Buffer.from("%PDF-1.4\n1 0 obj<</Type /Page>>endobj\n%%EOF").toString("base64"))
    const body = await sent([{ role: "user", content: [{ type: "file", mediaType: "application/pdf", data }] }])
    assert.deepStrictEqual(body.messages[0]?.content[0], {
      type: "document",
      source: { type: "base64", media_type: "application/pdf", data: Buffer.from(data).toString("base64") }
    })
  })

  it("what Claude reads no files of is told with its place, and nothing is sent", () => {
    const file = { type: "file", mediaType: "video/mp4", data: "AAAA" } as const
    const prompt: Prompt.RawInput = [
      { role: "user", content: [{ type: "text", text: "Hi" }, file] },
      { role: "assistant", content: [{ ...file, mediaType: "image/png" }] },
      { role: "user", content: "What?" }
    ]
    return against([], (harness) =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(LanguageModel.generateText({ prompt }))
        assert.strictEqual(error.reason._tag, "InvalidUserInputError")
        assert.include(error.message, "prompt.0.content.1")
        assert.include(error.message, "prompt.1.content.0")
        assert.deepStrictEqual(yield* bodies(harness), [])
      }))
  })
})
