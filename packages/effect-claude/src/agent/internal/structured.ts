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

/** The form that the API takes and what reads it: where a schema refers to itself there is none. */
const strict = <A, I>(schema: Schema.Codec<A, I>) =>
  Result.try(() => AnthropicStructuredOutput.toCodecAnthropic(schema))

/** Reads a text in the strict form, or in the schema's own. */
const reader = <A, I>(schema: Schema.Codec<A, I>, codec: Schema.ConstraintCodec<A, unknown>) => {
  const own = Schema.decodeUnknownEffect(Schema.fromJsonString(schema))
  const exact = Schema.decodeUnknownEffect(Schema.fromJsonString(codec))
  return (text: string): Effect.Effect<A, Schema.SchemaError> => Effect.catch(exact(text), () => own(text))
}

export const format = (schema: Codec): Result.Result<Format, InvalidTools> =>
  Result.match(strict(schema), {
    onFailure: () =>
      Result.fail(
        new InvalidTools({ problems: ["The answer's schema refers to itself, which the API cannot check."] })
      ),
    onSuccess: ({ codec, jsonSchema }) => {
      const read = reader(schema, codec)
      const problem: Format["problem"] = (text) =>
        Effect.match(read(text), { onFailure: ({ message }) => message, onSuccess: () => undefined })
      return Result.succeed({ schema: jsonSchema, problem })
    }
  })

/** Reads an answer's text, as the API's strict form of the schema writes it or as the schema itself does. */
export const decode = <A, I>(schema: Schema.Codec<A, I>): (text: string) => Effect.Effect<A, Schema.SchemaError> =>
  Result.match(strict(schema), {
    onFailure: () => Schema.decodeUnknownEffect(Schema.fromJsonString(schema)),
    onSuccess: ({ codec }) => reader(schema, codec)
  })
