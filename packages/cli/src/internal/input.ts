/** Input lines: all are checked before anything is sent, and read again while sending. */
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Fs from "node:fs/promises"
import { mustBeRegular } from "./files.ts"
import { Ids } from "./ids.ts"
import { type Line, lineAt, lines, type Place } from "./lines.ts"
import { BadInput, textOf } from "./problems.ts"

export interface Job {
  readonly place: Place
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
  const { end, number, start } = line
  return { place: { number, start, end }, customId, params }
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

const changed = (path: string, problem: string): BadInput =>
  new BadInput({ problems: [`${path}: ${problem}; the file changed while it was sent`] })

const found = (path: string, line: Line): Effect.Effect<Job, BadInput> => {
  const job = parse(line)
  return typeof job === "string" ? Effect.fail(changed(path, job)) : Effect.succeed(job)
}

/** The jobs in their order; lines that `check` found good. */
export const jobs = (path: string): Stream.Stream<Job, BadInput> =>
  Stream.mapEffect(read(path), (line) => found(path, line))

/** One after the other; undefined after the last. To be run by one at a time. */
export const each = (jobs: Stream.Stream<Job, BadInput>) =>
  Effect.map(Stream.toPull(jobs), (pull) => {
    let pulled: ReadonlyArray<Job> = []
    let at = 0
    return Effect.suspend((): Effect.Effect<Job | undefined, BadInput> =>
      at < pulled.length ? Effect.sync(() => pulled[at++]) : Pull.catchDone(
        Effect.map(pull, (more) => {
          pulled = more
          at = 1
          return more[0]
        }),
        () => Effect.undefined
      )
    )
  })

/** Reads jobs a second time, each by its place. */
export const reader = (
  path: string
): Effect.Effect<
  (place: Place, customId: string) => Effect.Effect<Job, BadInput>,
  BadInput,
  Scope.Scope
> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.tryPromise({ try: () => Fs.open(path), catch: unreadable(path) }),
      (file) => Effect.promise(() => file.close().catch(() => {}))
    ),
    (file) => (place, customId) =>
      Effect.tryPromise({ try: () => lineAt(file, place), catch: unreadable(path) }).pipe(
        Effect.flatMap((text) => found(path, { ...place, text, whole: true })),
        Effect.filterOrFail(
          (job) => job.customId === customId,
          () => changed(path, `line ${place.number}: it was "${customId}"`)
        )
      )
  )
