import { FaultServer, Reply, RequestRules, VirtualClock } from "@effect-claude/fault-server"
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { ClaudeClient } from "effect-claude"
import { loop, program } from "./main.ts"

interface Body {
  readonly model: string
  readonly messages: ReadonlyArray<unknown>
}

/** Each model calls its tool once, then answers; `tokens` is what every answer is billed. */
const against = (tokens: number) =>
  VirtualClock.make().run(Effect.gen(function*() {
    const models: Array<string> = []
    const fetch = yield* FaultServer.fetch(RequestRules.make((request) =>
      Effect.sync(() => {
        const { messages, model } = request.json as Body
        models.push(model)
        const usage = { input_tokens: tokens, output_tokens: 10 }
        const id = `call_${models.length}`
        if (messages.length > 1) return Reply.json(200, Reply.message({ text: `From ${model}.`, model, usage }))
        return Reply.json(
          200,
          model === "claude-haiku-5-5"
            ? Reply.toolUse({ id, name: "search", input: { words: "answer" } }, { model, usage })
            : Reply.toolUse(
              [{ id, name: "research", input: { question: "a" } }, {
                id: `${id}b`,
                name: "research",
                input: { question: "b" }
              }],
              { model, usage }
            )
        )
      })
    ))
    const client = ClaudeClient.layerStandard({
      fetch,
      baseUrl: "http://claude.test",
      apiKey: Redacted.make("sk-ant-x")
    })
    const outcome = yield* Effect.provide(program, loop.pipe(Layer.provide(client)))
    return { outcome, models }
  }))

it("two inner runs answer the outer one", async () => {
  const { models, outcome } = await against(100)
  assert.strictEqual(outcome._tag === "Finished" && outcome.text, "From claude-sonnet-5-5.")
  assert.strictEqual(models.filter((model) => model === "claude-haiku-5-5").length, 4)
})

it("what the inner runs spend is the outer one's", async () => {
  // The outer request costs 0.33 dollars, an inner one 0.11: one of the two is left for the inner runs.
  const { models, outcome } = await against(110_000)
  assert.strictEqual(outcome._tag === "Stopped" && outcome.limit, "usd")
  assert.isAtMost(models.filter((model) => model === "claude-haiku-5-5").length, 2)
})
