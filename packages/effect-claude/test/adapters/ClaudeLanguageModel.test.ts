import { Fault, Reply, type Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema, Stream } from "effect"
import type { ClaudeClient, Resilience } from "effect-claude"
import { ClaudeError, ClaudeLanguageModel } from "effect-claude"
import { LanguageModel, Tool, Toolkit } from "effect/ai"
import { type Harness, params, run } from "../fixtures/harness.ts"

const model = ClaudeLanguageModel.layer({ model: params.model, max_tokens: 100 })

const against = <A, E>(
  answers: ReadonlyArray<Script.Answer>,
  program: (harness: Harness) => Effect.Effect<A, E, LanguageModel.LanguageModel>,
  options: ClaudeClient.Options & Resilience.LayerOptions = {}
) => run(answers, (harness) => Effect.provide(program(harness), model), options)

const says = (message: Reply.Message | string): Script.Answer => (request) =>
  Reply.forRequest(request, typeof message === "string" ? Reply.message(message) : message)

const bodies = ({ seen }: Harness) =>
  Effect.map(seen, (all) => all.map(({ request }) => request.json as Readonly<Record<string, unknown>>))

describe("generateText", () => {
  it("gives text, usage and the reason it ended", () =>
    against([says("Hello!")], (harness) =>
      Effect.gen(function*() {
        const response = yield* LanguageModel.generateText({ prompt: "Hi" })
        assert.strictEqual(response.text, "Hello!")
        assert.strictEqual(response.finishReason, "stop")
        assert.deepInclude(response.usage.inputTokens, { uncached: 10, total: 10 })
        assert.deepInclude(response.usage.outputTokens, { total: 12 })
        assert.deepStrictEqual(yield* bodies(harness), [{
          model: params.model,
          max_tokens: 100,
          messages: [{ role: "user", content: [{ type: "text", text: "Hi" }] }]
        }])
      })))
})

const Weather = Tool.make("get_weather", {
  parameters: Schema.Struct({ city: Schema.String, days: Schema.optionalKey(Schema.Int) }),
  success: Schema.Struct({ celsius: Schema.Number })
})
const toolkit = Toolkit.make(Weather)
const handlers = toolkit.toLayer({ get_weather: ({ days }) => Effect.succeed({ celsius: 20 + (days ?? 0) }) })

describe("tools", () => {
  it("x", () =>
    against(
      [says(Reply.toolUse([{ name: "get_weather", input: { city: "Paris", days: null } }]))],
      (harness) =>
        Effect.gen(function*() {
          const response = yield* LanguageModel.generateText({ prompt: "Hi", toolkit })
          console.log(JSON.stringify(response.content, null, 1))
          console.log(JSON.stringify(yield* bodies(harness)))
        }).pipe(Effect.provide(handlers))
    ))
  it("y", () =>
    against(
      [says(Reply.toolUse([{ name: "get_weather", input: { city: "Paris", days: null } }]))],
      () =>
        Effect.gen(function*() {
          const parts = yield* Stream.runCollect(LanguageModel.streamText({ prompt: "Hi", toolkit }))
          console.log(parts.map((p) => JSON.stringify(p)).join("\n"))
        }).pipe(Effect.provide(handlers))
    ))
  it("z", () =>
    against([
      Fault.cutAfterEvents(6)(
        Reply.stream(Reply.message("Hello there this is a long text to be cut somewhere in here, is it not"))
      )
    ], () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(Stream.runCollect(LanguageModel.streamText({ prompt: "Hi" })))
        console.log(error.message, error.isRetryable, ClaudeLanguageModel.claudeErrorOf(error))
      })))
})
