/** A loop with a tool: an outcome comes out, whatever the model, the tool or the API does. */
import { Console, Effect, Layer, Schema } from "effect"
import { History, ToolLoop } from "effect-claude"
import { Tool, Toolkit } from "effect/ai"

const GetWeather = Tool.make("get_weather", {
  description: "The weather of a city today.",
  parameters: Schema.Struct({ city: Schema.String }),
  success: Schema.Struct({ celsius: Schema.Number }),
  failure: Schema.Struct({ unknownCity: Schema.String })
}).annotate(Tool.Readonly, true)

const toolkit = Toolkit.make(GetWeather)

export const handlers = toolkit.toLayer({
  get_weather: ({ city }) => city === "Paris" ? Effect.succeed({ celsius: 21 }) : Effect.fail({ unknownCity: city })
})

export const program = Effect.gen(function*() {
  const outcome = yield* ToolLoop.run({
    model: "claude-sonnet-5-5",
    max_tokens: 2048,
    history: History.make("What should I wear in Paris?"),
    toolkit,
    limits: { turns: 20, toolCalls: 50, outputTokens: 100_000, wallTime: "2 minutes" },
    closingTurn: true
  })
  switch (outcome._tag) {
    case "Finished":
      yield* Console.log(outcome.text)
      break
    case "Stopped":
      yield* Console.log(`Stopped by the limit on ${outcome.limit}. ${outcome.text ?? ""}`)
      break
    case "Failed":
      yield* Console.log(`${outcome.error.message} ${outcome.progress.turns} turns are kept.`)
      break
    default:
      yield* Console.log(`Ended as ${outcome._tag}.`)
  }
  return outcome
})

export const loop = Layer.mergeAll(ToolLoop.layer(), handlers)
