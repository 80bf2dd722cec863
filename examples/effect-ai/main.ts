/** A program that knows only Effect AI: it asks, lets a tool run and shows the answer while it is written. */
import { Console, Effect, Schema, Stream } from "effect"
import { LanguageModel, Prompt, Tool, Toolkit } from "effect/ai"

const GetWeather = Tool.make("get_weather", {
  description: "Today's weather of a city",
  parameters: Schema.Struct({ city: Schema.String }),
  success: Schema.Struct({ celsius: Schema.Int, sky: Schema.String })
})

export const toolkit = Toolkit.make(GetWeather)

export const tools = toolkit.toLayer({ get_weather: () => Effect.succeed({ celsius: 18, sky: "clear" }) })

const Packing = Schema.Struct({ clothes: Schema.Array(Schema.String), umbrella: Schema.Boolean })

export const program = Effect.gen(function*() {
  const question = Prompt.make("What should I wear in Paris today?")
  const looked = yield* LanguageModel.generateText({ prompt: question, toolkit })
  const known = Prompt.concat(question, Prompt.fromResponseParts(looked.content))
  const said = yield* LanguageModel.streamText({ prompt: known, toolkit }).pipe(
    Stream.tap((part) => part.type === "text-delta" ? Console.log(part.delta) : Effect.void),
    Stream.runCollect
  )
  const packed = yield* LanguageModel.generateObject({
    prompt: known.pipe(Prompt.concat(Prompt.fromResponseParts(said)), Prompt.concat("As a list.")),
    schema: Packing
  })
  return packed.value
})
