/** Entries of a run's log as texts: a step that is longer than an entry may be takes several places, one after the other. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Step } from "./step.ts"

const Whole = Schema.Struct({ by: Schema.String, step: Step })
/** A part of a whole entry's text: which of how many. */
const Part = Schema.Struct({ by: Schema.String, part: Schema.String, at: Schema.Int, of: Schema.Int })

export type Entry = typeof Whole.Type

const encodeWhole = Schema.encodeEffect(Schema.fromJsonString(Whole))
const encodePart = Schema.encodeSync(Schema.fromJsonString(Part))
const decodeWhole = Schema.decodeEffect(Schema.fromJsonString(Whole))
const decodeAny = Schema.decodeEffect(Schema.fromJsonString(Schema.Union([Whole, Part])))

/** Characters of an entry: as UTF-8, and as JSON within JSON, six bytes each at most. */
const longest = 2_000_000

/** The texts to be put at successive places. */
export const encode = (entry: Entry): Effect.Effect<readonly [string, ...Array<string>], Schema.SchemaError> =>
  Effect.map(encodeWhole(entry), (text) => {
    if (text.length <= longest) return [text]
    const of = Math.ceil(text.length / longest)
    const part = (at: number) =>
      encodePart({ by: entry.by, part: text.slice(at * longest, (at + 1) * longest), at, of })
    return [part(0), ...Array.from({ length: of - 1 }, (_, index) => part(index + 1))]
  })

/** Reads texts in their order. Parts whose last never came, because their writer died or lost the run, tell nothing. */
export class Reader {
  private parts: Array<string> = []
  private by = ""

  /** The entry that ends with this text, or which part of one it is. */
  read(text: string): Effect.Effect<Entry | number, Schema.SchemaError> {
    return Effect.flatMap(decodeAny(text), (entry): Effect.Effect<Entry | number, Schema.SchemaError> => {
      if ("step" in entry) {
        this.parts = []
        return Effect.succeed(entry)
      }
      const { at, by, of, part } = entry
      if (at === 0) {
        this.parts = []
        this.by = by
      }
      if (by !== this.by || at !== this.parts.length) return Effect.succeed(at)
      this.parts.push(part)
      if (at + 1 < of) return Effect.succeed(at)
      const whole = this.parts.join("")
      this.parts = []
      return decodeWhole(whole)
    })
  }
}
