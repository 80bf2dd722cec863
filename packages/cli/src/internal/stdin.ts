// @effect-diagnostics asyncFunction:off
/** Standard input, or a file, as one text. */
import * as Effect from "effect/Effect"
import * as Fs from "node:fs/promises"
import * as Bytes from "./bytes.ts"
import { BadInput, textOf } from "./problems.ts"

const read = async (most: number): Promise<string> => {
  let text = ""
  process.stdin.setEncoding("utf8")
  for await (const piece of process.stdin) {
    text += String(piece)
    if (text.length >= most) break
  }
  return Bytes.unmarked(text.slice(0, most))
}

/** At most so many characters of it; what cannot be read is empty. */
export const standardInput = (most: number): Effect.Effect<string> =>
  Effect.catch(Effect.tryPromise(() => read(most)), () => Effect.succeed(""))

const file = async (path: string, most: number): Promise<string> => {
  const { size } = await Fs.stat(path)
  if (size > most) throw new Error(`it has ${size} bytes; ${most} are the most`)
  const bytes = await Fs.readFile(path)
  const fault = Bytes.fault(bytes, true)
  if (fault !== undefined) throw new Error(fault)
  return Bytes.textOf(bytes, true)
}

/** A file's text; `-` is standard input. */
export const textIn = (path: string, most: number): Effect.Effect<string, BadInput> =>
  path === "-" ? standardInput(most) : Effect.tryPromise({
    try: () => file(path, most),
    catch: (cause) => new BadInput({ problems: [`${path}: cannot be read: ${textOf(cause)}`] })
  })
