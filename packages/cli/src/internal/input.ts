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
  if (line.fault !== undefined) return `line ${line.number}: ${line.fault}`
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

/** A document that was formatted for people, or a list: its first line says nothing that is whole. */
const isDocument = ({ number, text }: Line): boolean => number === 1 && /^\s*[[{]\s*$/.test(text)

const document = "it is one JSON document; write each prompt as one line, for a list with jq -c '.[]'"

/** The line that first used each of the ids. */
const firstUses = (path: string, ids: ReadonlySet<string>): Effect.Effect<ReadonlyMap<string, number>, BadInput> => {
  const found = new Map<string, number>()
  return Effect.as(
    Stream.runForEach(ids.size === 0 ? Stream.empty : read(path), (line) =>
      Effect.sync(() => {
        const job = parse(line)
        if (typeof job !== "string" && ids.has(job.customId) && !found.has(job.customId)) {
          found.set(job.customId, line.number)
        }
      })),
    found
  )
}

/** A problem of a line; `again`: the id that an earlier line has. */
interface Problem {
  readonly text: string
  readonly again?: string
}

/** Checks every line; gives the ids of the jobs. */
export const check = (path: string): Effect.Effect<Ids, BadInput> =>
  Effect.gen(function*() {
    if (path === "-") {
      const why = "standard input cannot be read twice, as it must be; write it to a file first"
      return yield* Effect.fail(new BadInput({ problems: [why] }))
    }
    yield* Effect.tryPromise({ try: () => mustBeRegular(path), catch: unreadable(path) })
    const ids = new Ids()
    const problems: Array<Problem> = []
    let wrong = 0
    const note = (problem: Problem): void => {
      wrong++
      if (problems.length < mostShown) problems.push(problem)
    }
    yield* Stream.runForEach(read(path), (line) =>
      Effect.suspend(() => {
        if (isDocument(line)) return Effect.fail(new BadInput({ problems: [`${path}: ${document}`] }))
        const job = parse(line)
        if (typeof job === "string") note({ text: job })
        else if (!ids.add(job.customId)) {
          note({ text: `line ${line.number}: custom_id "${job.customId}" was used before`, again: job.customId })
        }
        return Effect.void
      }))
    if (wrong === 0) return ids
    const again = problems.flatMap((problem) => problem.again === undefined ? [] : [problem.again])
    const first = yield* firstUses(path, new Set(again))
    return yield* Effect.fail(
      new BadInput({
        problems: [
          ...problems.map(({ again, text }) =>
            `${path}: ${text}${again === undefined ? "" : `, on line ${first.get(again)}`}`
          ),
          ...(wrong > mostShown ? [`… and ${wrong - mostShown} more`] : [])
        ]
      })
    )
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
        Effect.flatMap((text) => found(path, { ...place, text, fault: undefined, whole: true })),
        Effect.filterOrFail(
          (job) => job.customId === customId,
          () => changed(path, `line ${place.number}: it was "${customId}"`)
        )
      )
  )
