/** Input lines: all are checked before anything is sent, and read again while sending. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { mustBeRegular } from "./files.ts"
import { Ids } from "./ids.ts"
import { type Line, lines } from "./lines.ts"
import { BadInput, textOf } from "./problems.ts"

export interface Job {
  readonly customId: string
  readonly params: Readonly<Record<string, unknown>>
}

/** Problems that are listed; more are only counted. */
const mostShown = 20

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The job on a line, or what is wrong with it. */
export const parse = (line: Line): Job | string => {
  let value: unknown
  try {
    value = JSON.parse(line.text)
  } catch (cause) {
    return `line ${line.number}: no JSON: ${textOf(cause)}`
  }
  if (!isObject(value)) return `line ${line.number}: not an object; write {"custom_id": "…", "params": {…}}`
  const { custom_id: customId, params } = value
  if (typeof customId !== "string" || customId === "") return `line ${line.number}: custom_id is missing or no text`
  if (!isObject(params)) return `line ${line.number} (${customId}): params is missing or no object`
  return { customId, params }
}

const unreadable = (path: string) => (cause: unknown): BadInput =>
  new BadInput({ problems: [`${path}: cannot be read: ${textOf(cause)}`] })

const read = (path: string): Stream.Stream<Line, BadInput> =>
  // Each run of the stream reads the file anew.
  Stream.suspend(() => Stream.fromAsyncIterable(lines(path), unreadable(path))).pipe(
    Stream.filter((line) => line.text.trim() !== "")
  )

/** Checks every line; gives the ids of the jobs. */
export const check = (path: string): Effect.Effect<Ids, BadInput> =>
  Effect.flatMap(Effect.tryPromise({ try: () => mustBeRegular(path), catch: unreadable(path) }), () => {
    const ids = new Ids()
    const problems: Array<string> = []
    let wrong = 0
    const note = (problem: string): void => {
      wrong++
      if (problems.length < mostShown) problems.push(`${path}: ${problem}`)
    }
    return Stream.runForEach(read(path), (line) =>
      Effect.sync(() => {
        const job = parse(line)
        if (typeof job === "string") note(job)
        else if (!ids.add(job.customId)) note(`line ${line.number}: custom_id "${job.customId}" was used before`)
      })).pipe(Effect.flatMap(() => {
        if (wrong > mostShown) problems.push(`… and ${wrong - mostShown} more`)
        return wrong === 0 ? Effect.succeed(ids) : Effect.fail(new BadInput({ problems }))
      }))
  })

/** The jobs in their order; lines that `check` found good. */
export const jobs = (path: string): Stream.Stream<Job, BadInput> =>
  Stream.mapEffect(read(path), (line) => {
    const job = parse(line)
    return typeof job === "string"
      ? Effect.fail(new BadInput({ problems: [`${path}: ${job}; the file changed while it was sent`] }))
      : Effect.succeed(job)
  })
