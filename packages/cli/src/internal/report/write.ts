// @effect-diagnostics asyncFunction:off
/** Where a report goes: each path by its ending as a page or as data, whole or not at all. */
import * as Effect from "effect/Effect"
import * as Fs from "node:fs/promises"
import { located, reallyAt } from "../files.ts"
import { BadInput, textOf } from "../problems.ts"
import type { Data } from "./data.ts"
import { page } from "./page.ts"

const isPage = (path: string): boolean => /\.html?$/i.test(path)

/** Fails before anything is sent for a path that no report can go to, such as those that hold something else. */
export const mustBeWritable = (
  paths: ReadonlyArray<string>,
  others: Readonly<Record<"prompts" | "results", string>>
): Effect.Effect<void, BadInput> =>
  Effect.forEach(paths, (path) =>
    isPage(path) || path.toLowerCase().endsWith(".json")
      ? Effect.flatMap(
        Effect.tryPromise({
          try: () => located(path),
          catch: (cause) => new BadInput({ problems: [`${path}: no report can be written: ${textOf(cause)}`] })
        }),
        (there) => {
          const what = there === reallyAt(others.prompts) ? "prompts" : there === others.results ? "results" : undefined
          return what === undefined ? Effect.void : Effect.fail(
            new BadInput({ problems: [`${path}: a report here would replace the ${what}; give it another file`] })
          )
        }
      )
      : Effect.fail(new BadInput({ problems: [`${path}: a report ends in .html or .json`] })), { discard: true })

const write = async (path: string, data: Data): Promise<void> => {
  const there = await located(path)
  const unfinished = `${there}.tmp`
  await Fs.writeFile(unfinished, isPage(path) ? page(data) : `${JSON.stringify(data)}\n`)
  await Fs.rename(unfinished, there)
}

/** A report that cannot be written is told; the results are there all the same. */
export const reports = (paths: ReadonlyArray<string>, data: () => Data): Effect.Effect<void> =>
  Effect.forEach(paths, (path) =>
    Effect.catch(
      Effect.tryPromise(() => write(path, data())),
      (error) =>
        Effect.sync(() => void process.stderr.write(`effect-claude: ${path}: no report: ${textOf(error.cause)}\n`))
    ), { discard: true })
