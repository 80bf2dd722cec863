// @effect-diagnostics asyncFunction:off
/** Standard input as one text. */
import * as Effect from "effect/Effect"

const read = async (most: number): Promise<string> => {
  let text = ""
  process.stdin.setEncoding("utf8")
  for await (const piece of process.stdin) {
    text += String(piece)
    if (text.length >= most) break
  }
  return text.slice(0, most)
}

/** At most so many characters of it; what cannot be read is empty. */
export const standardInput = (most: number): Effect.Effect<string> =>
  Effect.catch(Effect.tryPromise(() => read(most)), () => Effect.succeed(""))
