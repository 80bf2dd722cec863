/** A final answer by a schema: what the API is asked for, and how the text is read. */
import * as AnthropicStructuredOutput from "effect/ai/AnthropicStructuredOutput"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { InvalidTools } from "./definitions.ts"

export interface Format {
  readonly schema: object
  /** What is wrong with a text, undefined if nothing is. */
  readonly problem: (text: string) => Effect.Effect<string | undefined>
}

type Codec = Schema.Codec<unknown, unknown>

/** The codec that reads what the API gives for a schema: where it has no strict form, none. */
const strict = (schema: Codec) => Result.try(() => AnthropicStructuredOutput.toCodecAnthropic(schema))

export const format = (schema: Codec): Result.Result<Format, InvalidTools> =>
  Result.match(strict(schema), {
    onFailure: () =>
      Result.fail(
        new InvalidTools({ problems: ["The answer's schema refers to itself, which the API cannot check."] })
      ),
    onSuccess: ({ jsonSchema }) =>
      Result.succeed({
        schema: jsonSchema,
        problem: (text) =>
          Effect.match(decode(schema)(text), { onFailure: ({ message }) => message, onSuccess: () => undefined })
      })
  })

/** Reads an answer's text, as the API's strict form of the schema writes it or as the schema itself does. */
export const decode = <A, I>(schema: Schema.Codec<A, I>) => {
  const own = Schema.decodeUnknownEffect(Schema.fromJsonString(schema))
  const read = strict(schema)
  if (Result.isFailure(read)) return own
  const codec = read.success.codec as Schema.Codec<A, unknown>
  return (text: string): Effect.Effect<A, Schema.SchemaError> =>
    Effect.catch(Schema.decodeUnknownEffect(Schema.fromJsonString(codec))(text), () => own(text))
}
