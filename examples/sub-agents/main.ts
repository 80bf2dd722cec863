/** A loop whose tool is a loop: the inner run takes from the outer one's money, tokens and time. */
import { Effect, Layer, Schema } from "effect"
import { History, Spend, ToolLoop } from "effect-claude"
import { Tool, Toolkit } from "effect/ai"

const Search = Tool.make("search", {
  description: "Searches the archive.",
  parameters: Schema.Struct({ words: Schema.String }),
  success: Schema.Array(Schema.String)
}).annotate(Tool.Readonly, true)

const Research = Tool.make("research", {
  description: "Has an assistant research one question.",
  parameters: Schema.Struct({ question: Schema.String }),
  success: Schema.String,
  failure: Schema.String
}).annotate(Tool.Readonly, true)

const inner = Toolkit.make(Search)
const outer = Toolkit.make(Research)

const archive = inner.toLayer({ search: ({ words }) => Effect.succeed([`About ${words}: 42.`]) })

const research = outer.toLayer(Effect.gen(function*() {
  const loop = yield* ToolLoop.ToolLoop
  return {
    research: ({ question }) =>
      loop.run({
        model: "claude-haiku-5-5",
        max_tokens: 1024,
        history: History.make(question),
        toolkit: inner,
        limits: { turns: 5 }
      }).pipe(
        Effect.provide(archive),
        Effect.orDie,
        Effect.flatMap((outcome) =>
          outcome._tag === "Finished" ? Effect.succeed(outcome.text) : Effect.fail(`No answer: ${outcome._tag}.`)
        )
      )
  }
}))

export const program = ToolLoop.run({
  model: "claude-sonnet-5-5",
  max_tokens: 2048,
  history: History.make("Compare the two archives."),
  toolkit: outer,
  limits: { usd: 0.5, wallTime: "5 minutes", depth: 1 }
})

/** What your contract says; these are examples. */
const prices = Spend.prices({
  "claude-sonnet-5-5": { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 },
  "claude-haiku-5-5": { input: 1, output: 5, cacheRead: 0.1, cacheWrite: 1.25 }
})

export const loop = research.pipe(Layer.provideMerge(ToolLoop.layer({ prices })))
