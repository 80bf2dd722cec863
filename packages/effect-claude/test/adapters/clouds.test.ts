import { AnthropicBedrock } from "@anthropic-ai/bedrock-sdk"
import { AnthropicFoundry } from "@anthropic-ai/foundry-sdk"
import Anthropic from "@anthropic-ai/sdk"
import { AnthropicVertex } from "@anthropic-ai/vertex-sdk"
import { Clouds, Fault, FaultServer, Reply, Routes, Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { ClaudeError, ClaudeMiddleware, type Resilience, ResilientFetch, RetryPolicy } from "effect-claude"
import { params, thrownBy, type Way, ways } from "./ways.ts"

type Given = Pick<NonNullable<ConstructorParameters<typeof Anthropic>[0]>, "fetch" | "middleware">
type Sdk = Pick<AnthropicBedrock, "messages">

/** Of Google's client only this is used, and nothing is asked of Google. */
const google = {
  getRequestHeaders: () => Promise.resolve(new Headers({ authorization: "Bearer token" })),
  projectId: "project"
} as unknown as NonNullable<NonNullable<ConstructorParameters<typeof AnthropicVertex>[0]>["authClient"]>

const clouds: Readonly<Record<string, (url: string, given: Given) => Sdk>> = {
  direct: (baseURL, given) => new Anthropic({ baseURL, apiKey: "sk-ant-x", ...given }),
  bedrock: (baseURL, given) =>
    new AnthropicBedrock({
      baseURL,
      awsRegion: "us-east-1",
      awsAccessKey: "AKIATEST",
      awsSecretKey: "secret",
      ...given
    }),
  vertex: (url, given) =>
    new AnthropicVertex({
      baseURL: `${url}/v1`,
      region: "us-east5",
      projectId: "project",
      authClient: google,
      ...given
    }),
  foundry: (baseURL, given) => new AnthropicFoundry({ baseURL, apiKey: "azure-key", ...given })
}

const quick: Resilience.Options = {
  retry: RetryPolicy.exponential({ base: "1 milli", cap: "1 milli" }),
  maxAttempts: 3
}

/** Runs a program through a cloud's SDK and a way of ours, on a real socket; its own retries stay on. */
const through = <A>(
  cloud: string | ((url: string, given: Given) => Sdk),
  way: Way,
  handler: Reply.Handler,
  program: (sdk: Sdk) => Promise<A>,
  { options = quick, translated = true }: { readonly options?: Resilience.Options; readonly translated?: boolean } = {}
) =>
  Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const server = yield* FaultServer.make(translated ? Clouds.make(handler) : handler)
    const result = yield* Effect.promise(async () => {
      await using fetch = ResilientFetch.make(options)
      await using middleware = ClaudeMiddleware.make(options)
      const make = typeof cloud === "string" ? clouds[cloud]! : cloud
      return await program(make(server.url, way === "fetch" ? { fetch } : { middleware: [middleware] }))
    })
    return { result, requests: yield* server.requests }
  })))

const request = { ...params, stream: true as const }
const message = Reply.message("one two three four five six seven eight nine ten")
const stream = Reply.stream(message)
const events = Array.from(stream.body).length

const readAll = async (sdk: Sdk) => {
  const types: Array<string> = []
  try {
    for await (const event of await sdk.messages.create(request)) types.push(event.type)
    return { types, thrown: undefined }
  } catch (thrown) {
    return { types, thrown }
  }
}

/** Our reason, however deep in what the SDK threw. */
const causeOf = (thrown: unknown): ClaudeError.Reason | undefined => {
  for (let next = thrown; next instanceof Error; next = next.cause) {
    const reason = ClaudeError.reasonOf(next)
    if (reason !== undefined) return reason
  }
  return undefined
}

for (const cloud of Object.keys(clouds)) {
  describe.each(ways)(`${cloud}, %s`, (way) => {
    it("a message and a stream, one request each", async () => {
      const { requests, result } = await through(cloud, way, Routes.make(), async (sdk) => {
        const plain = await sdk.messages.create(params)
        const { thrown, types } = await readAll(sdk)
        return { stop: plain.stop_reason, thrown, last: types.at(-1) }
      })
      assert.deepStrictEqual(result, { stop: "end_turn", thrown: undefined, last: "message_stop" })
      assert.strictEqual(requests.length, 2)
    })

    it("A8 overload is survived, and refused for good as the cloud said it", async () => {
      const survived = await through(
        cloud,
        way,
        Script.sequence([Fault.internal(), Fault.unavailable(), Reply.json(200, message)]),
        (sdk) => sdk.messages.create(params)
      )
      assert.strictEqual(survived.requests.length, 3)
      const bodies = survived.requests.map(({ body }) => body)
      assert.deepStrictEqual(bodies, [bodies[0]!, bodies[0]!, bodies[0]!])
      const bad = Reply.error(400, "invalid_request_error", "messages.1: something else")
      const refused = await through(cloud, way, Script.always(bad), (sdk) => thrownBy(sdk.messages.create(params)))
      assert.strictEqual(refused.requests.length, 1)
      assert.strictEqual(Object(refused.result).status, 400)
      assert.include(String(refused.result), "messages.1: something else")
    })

    it(
      "E1 a stream cut at every event: tried again before content, broken after, never a success",
      { timeout: 60_000 },
      async () => {
        for (let count = 0; count < events; count++) {
          const { requests, result } = await through(
            cloud,
            way,
            Script.sequence([Fault.cutAfterEvents(count)(stream), stream]),
            readAll
          )
          if (requests.length === 2) {
            assert.isUndefined(result.thrown)
            assert.strictEqual(result.types.at(-1), "message_stop")
          } else {
            assert.isTrue(count > 2)
            assert.strictEqual(
              causeOf(result.thrown)?._tag,
              "StreamInterrupted",
              `cut after ${count}: ${String(result.thrown)}`
            )
          }
          assert.isTrue(count > 2 || requests.length === 2, `cut after ${count}`)
        }
      }
    )

    it(
      "A2 an error inside a stream: tried again before content, the SDK's own error after",
      { timeout: 60_000 },
      async () => {
        for (const count of [0, 1, 4]) {
          const { requests, result } = await through(
            cloud,
            way,
            Script.sequence([Fault.errorAfterEvents(count, "api_error", "sorry")(stream), stream]),
            readAll
          )
          // What came in one piece with the first content had not reached anybody either.
          assert.isTrue(requests.length === 2 || count === 4, `after ${count}`)
          if (requests.length === 2) assert.strictEqual(result.types.at(-1), "message_stop")
          else assert.include(String(result.thrown), "sorry")
        }
      }
    )
  })
}

it("vertex: counting is known by its path, and is tried again", async () => {
  const { max_tokens: _, ...counted } = params
  for (const way of ways) {
    const { requests, result } = await through(
      (url, given) =>
        new AnthropicVertex({
          baseURL: `${url}/v1`,
          region: "us-east5",
          projectId: "project",
          authClient: google,
          ...given
        }),
      way,
      Script.sequence([Clouds.vertexError(503, "UNAVAILABLE", "words"), Reply.json(200, { input_tokens: 7 })]),
      (sdk) => (sdk as AnthropicVertex).messages.countTokens(counted),
      { translated: false }
    )
    assert.strictEqual(result.input_tokens, 7)
    assert.deepStrictEqual(requests.map(({ path }) => path.split("/").at(-1)), [
      "count-tokens:rawPredict",
      "count-tokens:rawPredict"
    ])
  }
})

describe("bedrock", () => {
  it("its own errors: 424 is tried again, 400 in disguise is not", async () => {
    for (const way of ways) {
      const model = Clouds.bedrockError(424, "ModelStreamErrorException", "words")
      const again = await through(
        "bedrock",
        way,
        Script.always(model),
        (sdk) => thrownBy(sdk.messages.create(params)),
        {
          translated: false
        }
      )
      assert.strictEqual(again.requests.length, 3)
      assert.strictEqual(Object(again.result).status, 424)
      const quota = Clouds.bedrockError(400, "ServiceQuotaExceededException", "words")
      const once = await through("bedrock", way, Script.always(quota), (sdk) => thrownBy(sdk.messages.create(params)), {
        translated: false
      })
      assert.strictEqual(once.requests.length, 1)
    }
  })

  it(
    "A2 an exception inside its stream is what its name says, before content and after",
    { timeout: 60_000 },
    async () => {
      for (const way of ways) {
        for (
          const [name, status, sent] of [["ValidationException", 400, 1], ["InternalServerException", 500, 3]] as const
        ) {
          const failed = Fault.errorAfterEvents(1, name, "words")(stream)
          const { requests, result } = await through("bedrock", way, Script.always(failed), readAll)
          assert.strictEqual(requests.length, sent, name)
          assert.strictEqual(Object(result.thrown).status, status)
          assert.include(String(result.thrown), "words")
        }
      }
    }
  )

  it("what other models answer under the same paths passes untouched", async () => {
    const inner = () => Promise.resolve(Response.json({ results: [{ outputText: "words" }] }))
    let sent = 0
    await using fetch = ResilientFetch.make({ fetch: () => (sent++, inner()), ...quick })
    for (const path of ["/model/amazon.titan/invoke", "/v1/publishers/google/models/gemini:rawPredict"]) {
      const response = await fetch(`http://cloud.test${path}`, { method: "POST", body: "{\"inputText\":\"Hello\"}" })
      assert.deepStrictEqual(await response.json(), { results: [{ outputText: "words" }] })
    }
    assert.strictEqual(sent, 2)
  })

  it("a model whose name is written oddly is a model", async () => {
    const inner = () => Promise.resolve(Response.json({ ...message }))
    for (const name of ["%FF", "a+b", "arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fx", "%"]) {
      await using fetch = ResilientFetch.make({ fetch: inner })
      const response = await fetch(`http://cloud.test/model/${name}/invoke`, {
        method: "POST",
        body: "{\"anthropic_version\":\"bedrock-2023-05-31\"}"
      })
      assert.strictEqual(response.status, 200, name)
    }
  })

  it("the middleware has every attempt signed anew, the fetch sends what was signed", async () => {
    for (const way of ways) {
      let signed = 0
      const keys = () => {
        signed++
        return Promise.resolve({ accessKeyId: `AKIA${signed}`, secretAccessKey: "secret" })
      }
      const { requests } = await through(
        (baseURL, given) =>
          new AnthropicBedrock({
            baseURL,
            awsRegion: "us-east-1",
            providerChainResolver: () => Promise.resolve(keys),
            ...given
          }),
        way,
        Script.sequence([Fault.internal(), Reply.json(200, message)]),
        (sdk) => sdk.messages.create(params)
      )
      const used = requests.map(({ headers }) => /AKIA\d/.exec(headers["authorization"] ?? "")?.[0])
      assert.deepStrictEqual(used, way === "middleware" ? ["AKIA1", "AKIA2"] : ["AKIA1", "AKIA1"])
    }
  })

  it("frames pass byte for byte, however they are cut into pieces", async () => {
    const whole = await Effect.runPromise(
      Clouds.make(Script.always(stream))({
        index: 0,
        at: 0,
        method: "POST",
        path: "/model/m/invoke-with-response-stream",
        query: "",
        headers: {},
        body: "{}",
        json: {}
      })
    )
    const bytes = Buffer.concat(Array.from(whole.body, (chunk) => Buffer.from(chunk.bytes)))
    for (const size of [1, 3, 16, 100, bytes.length]) {
      const body = Array.from(
        { length: Math.ceil(bytes.length / size) },
        (_, n) => ({ delay: 0, bytes: bytes.subarray(n * size, (n + 1) * size) })
      )
      const { result } = await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
        const inner = yield* FaultServer.fetch(Script.always({ ...whole, body }))
        return {
          result: yield* Effect.promise(async () => {
            await using fetch = ResilientFetch.make({ fetch: inner, maxAttempts: 1 })
            const response = await fetch("http://b.test/model/m/invoke-with-response-stream", {
              method: "POST",
              body: JSON.stringify({ anthropic_version: "bedrock-2023-05-31", max_tokens: 1 })
            })
            return Buffer.from(await response.arrayBuffer())
          })
        }
      })))
      assert.deepStrictEqual(result, bytes)
    }
  })

  it("what is no frame is never taken for an answer", async () => {
    for (
      const body of ["", "<html>not frames</html>", "\u0000\u0000\u0000\u0010", "\u0000\u0000\u0000\u0001".repeat(9)]
    ) {
      const reply = Reply.text(200, body, { "content-type": "application/vnd.amazon.eventstream" })
      const { result } = await through("bedrock", "fetch", Script.always(reply), readAll, { translated: false })
      assert.isDefined(result.thrown)
      assert.strictEqual(Object(result.thrown).status, 502)
    }
  })
})
