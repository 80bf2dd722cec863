import { AnthropicBedrock } from "@anthropic-ai/bedrock-sdk"
import { AnthropicFoundry } from "@anthropic-ai/foundry-sdk"
import { AnthropicVertex } from "@anthropic-ai/vertex-sdk"
import { Clouds, Fault, FaultServer, Reply, Routes, Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { ClaudeClient, type ClaudeError, Resilience } from "effect-claude"
import { params } from "../fixtures/harness.ts"

type Sdk = Parameters<typeof ClaudeClient.layerSdk>[0]
type Options = ConstructorParameters<typeof AnthropicVertex>[0]

/** Of Google's client only this is used, and nothing is asked of Google. */
const google = (headers: () => Promise<Headers>) =>
  ({ getRequestHeaders: headers, projectId: "project" }) as unknown as NonNullable<NonNullable<Options>["authClient"]>

const bedrock = (url: string): Sdk =>
  new AnthropicBedrock({
    baseURL: url,
    awsRegion: "us-east-1",
    awsAccessKey: "AKIATEST",
    awsSecretKey: "secret",
    maxRetries: 5
  })
const vertex = (url: string): Sdk =>
  new AnthropicVertex({
    baseURL: `${url}/v1`,
    region: "us-east5",
    projectId: "project",
    maxRetries: 5,
    authClient: google(() => Promise.resolve(new Headers({ authorization: "Bearer token" })))
  })
const foundry = (url: string): Sdk => new AnthropicFoundry({ baseURL: url, apiKey: "azure-key", maxRetries: 5 })

const clouds = { bedrock, vertex, foundry } as const

/** Runs a program through a cloud's client, once, against a handler on a real socket. */
const through = <A, E>(
  cloud: (url: string) => Sdk,
  handler: Reply.Handler,
  program: Effect.Effect<A, E, ClaudeClient.ClaudeClient>,
  { maxAttempts = 1, translated = true } = {}
) =>
  Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const server = yield* FaultServer.make(translated ? Clouds.make(handler) : handler)
    const layer = ClaudeClient.layerSdk(cloud(server.url), { maxAttempts }).pipe(Layer.provide(Resilience.layer()))
    const result = yield* Effect.provide(program, layer)
    return { result, requests: (yield* server.requests).length }
  })))

const failed = Effect.map(Effect.flip(ClaudeClient.createMessage(params)), (error) => error.reason)
const failedStream = Effect.map(
  Effect.flip(ClaudeClient.createMessage(params, { stream: true })),
  (error) => error.reason
)

describe("clouds", () => {
  for (const [name, cloud] of Object.entries(clouds)) {
    it(`${name}: a message, a joined stream, and the events of one`, async () => {
      const routes = Routes.make()
      const plain = await through(cloud, routes, ClaudeClient.createMessage(params))
      assert.strictEqual(plain.result.stop_reason, "end_turn")
      const joined = await through(cloud, routes, ClaudeClient.createMessage(params, { stream: true }))
      assert.deepStrictEqual(joined.result.content, plain.result.content)
      const events = await through(cloud, routes, Stream.runCollect(ClaudeClient.streamMessage(params)))
      assert.strictEqual(events.result.at(-1)?.type, "message_stop")
    })

    it(`A8 ${name}: errors of the API have the same reasons through it`, async () => {
      const cases: ReadonlyArray<readonly [Reply.Reply, ClaudeError.Reason["_tag"]]> = [
        [Reply.error(400, "invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"), "ContextOverflow"],
        [Reply.error(400, "invalid_request_error", "messages.1: something else"), "InvalidRequest"],
        [Reply.error(403, "permission_error", "no"), "PermissionDenied"],
        [Reply.error(404, "not_found_error", "model: x"), "NotFound"],
        [Fault.rateLimited(), "RateLimited"],
        [Fault.internal(), "ServerFailed"],
        [Reply.text(502, "<html><h1>502 Bad Gateway</h1></html>", { "content-type": "text/html" }), "ServerFailed"],
        [Reply.text(413, "<html>413</html>", { "content-type": "text/html" }), "RequestTooLarge"]
      ]
      for (const [reply, tag] of cases) {
        const { requests, result } = await through(cloud, Script.always(reply), failed)
        assert.strictEqual(result._tag, tag)
        assert.strictEqual(requests, 1, "B8 the cloud's own retries are off")
      }
    })

    it(`A8 ${name}: an error inside a stream has the reason of the same error by status, with what arrived`, async () => {
      const answer = Reply.stream(Reply.message("one two three four five six seven eight nine ten"))
      const cases: ReadonlyArray<readonly [string, ClaudeError.Reason["_tag"]]> = [
        ["rate_limit_error", "RateLimited"],
        ["api_error", "ServerFailed"],
        ["invalid_request_error", "InvalidRequest"],
        ["overloaded_error", name === "bedrock" ? "ServerFailed" : "Overloaded"]
      ]
      for (const [type, tag] of cases) {
        const { result } = await through(
          cloud,
          Script.always(Fault.errorAfterEvents(3, type, "sorry")(answer)),
          failedStream
        )
        assert.strictEqual(result._tag, tag, type)
        assert.isDefined("partial" in result ? result.partial : undefined)
      }
      const cut = await through(cloud, Script.always(Fault.cutAfterEvents(3)(answer)), failedStream)
      assert.strictEqual(cut.result._tag, "StreamInterrupted")
    })
  }

  it("A8 Bedrock's own errors by name and status, with Amazon's request id", async () => {
    const cases: ReadonlyArray<readonly [number, string, ClaudeError.Reason["_tag"], boolean]> = [
      [400, "ValidationException", "InvalidRequest", false],
      [400, "ServiceQuotaExceededException", "InvalidRequest", false],
      [400, "ConflictException", "Conflict", false],
      [403, "AccessDeniedException", "PermissionDenied", false],
      [404, "ResourceNotFoundException", "NotFound", false],
      [408, "ModelTimeoutException", "ServerFailed", true],
      [424, "ModelErrorException", "ServerFailed", true],
      [424, "ModelStreamErrorException", "ServerFailed", true],
      [429, "ThrottlingException", "RateLimited", true],
      [429, "ModelNotReadyException", "Overloaded", true],
      [500, "InternalServerException", "ServerFailed", true],
      [503, "ServiceUnavailableException", "ServerFailed", true]
    ]
    for (const [status, name, tag, retryable] of cases) {
      const handler = () => Effect.succeed(Clouds.bedrockError(status, name, "words"))
      const { requests, result: answered } = await through(bedrock, handler, failed, { translated: false })
      assert.strictEqual(requests, 1)
      assert.strictEqual(answered._tag, tag, name)
      assert.isTrue("requestId" in answered && answered.requestId?.startsWith("req_") === true, name)
      assert.deepInclude(answered, { message: "words", errorType: name, status })
      // `retried` is set when the client gives up: the kind itself is what counts here.
      assert.strictEqual(["ServerFailed", "RateLimited", "Overloaded"].includes(answered._tag), retryable)
    }
  })

  it("A8 every exception inside Bedrock's stream has the reason of its status, with what arrived", async () => {
    const cases: ReadonlyArray<readonly [string, ClaudeError.Reason["_tag"]]> = [
      ["ValidationException", "InvalidRequest"],
      ["ModelTimeoutException", "ServerFailed"],
      ["ModelStreamErrorException", "ServerFailed"],
      ["ThrottlingException", "RateLimited"],
      ["InternalServerException", "ServerFailed"],
      ["ServiceUnavailableException", "ServerFailed"]
    ]
    for (const [name, tag] of cases) {
      // A name that is Amazon's own stays as it is; only its first letter is small inside a stream.
      const reply = Fault.errorAfterEvents(3, name, "words")(Reply.stream(Reply.message("one two three four five six")))
      const { requests, result } = await through(bedrock, Script.always(reply), failedStream)
      assert.strictEqual(requests, 1)
      assert.strictEqual(result._tag, tag, name)
      assert.strictEqual("errorType" in result ? result.errorType : "", name.charAt(0).toLowerCase() + name.slice(1))
      assert.isDefined("partial" in result ? result.partial : undefined, name)
    }
  })

  it("A8 Vertex without hints or request id, as an array, and its quota", async () => {
    const quota = "Quota exceeded for aiplatform.googleapis.com/online_prediction_requests_per_base_model"
    for (const array of [true, false]) {
      const handler = () => Effect.succeed(Clouds.vertexError(429, "RESOURCE_EXHAUSTED", quota, { array }))
      const { result: answered } = await through(vertex, handler, failed, { translated: false })
      assert.deepInclude(answered, { _tag: "RateLimited", message: quota, requestId: undefined, retryAfter: undefined })
    }
  })

  it("A8 Foundry's gateway, with Azure's request id", async () => {
    const cases = [[401, "AuthenticationFailed"], [429, "RateLimited"], [503, "ServerFailed"]] as const
    for (const [status, tag] of cases) {
      const handler = () => Effect.succeed(Clouds.foundryGatewayError(status, "words"))
      const { result } = await through(foundry, handler, failed)
      assert.deepInclude(result, { _tag: tag, message: "words", status })
      assert.isTrue("requestId" in result && result.requestId?.startsWith("req_") === true)
    }
  })

  it("credentials that cannot be had are AuthenticationFailed, are not retried, and nothing is sent", async () => {
    const sdks: ReadonlyArray<(url: string) => Sdk> = [
      (url) =>
        new AnthropicBedrock({
          baseURL: url,
          awsRegion: "us-east-1",
          providerChainResolver: () => Promise.resolve(() => Promise.reject(new Error("no profile"))),
          maxRetries: 5
        }),
      (url) =>
        new AnthropicVertex({
          baseURL: `${url}/v1`,
          region: "us-east5",
          projectId: "project",
          maxRetries: 5,
          authClient: google(() => Promise.reject(new Error("no profile")))
        }),
      (url) =>
        new AnthropicFoundry({
          baseURL: url,
          maxRetries: 5,
          azureADTokenProvider: () => Promise.reject(new Error("no profile"))
        })
    ]
    for (const sdk of sdks) {
      const { requests, result } = await through(sdk, Routes.make(), failed, { maxAttempts: 3 })
      assert.strictEqual(result._tag, "AuthenticationFailed")
      assert.match(result.message, /no profile/)
      assert.strictEqual(requests, 0)
    }
  })
})
