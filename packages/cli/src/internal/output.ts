// @effect-diagnostics asyncFunction:off
/** The result file: whole lines, appended in order of completion, synced each second and at the end. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Fs from "node:fs/promises"
import { located, reallyAt } from "./files.ts"
import { Ids } from "./ids.ts"
import { lines } from "./lines.ts"
import { BadInput, OutputFailed, textOf } from "./problems.ts"

/** What a result file already holds of this input; results of other inputs are left as they are. */
export interface Found {
  readonly done: Ids
  readonly succeeded: number
  readonly errored: number
  /** Lines that were errored and have been taken out, to be sent again. */
  readonly retried: Ids
  /** Bytes of a last line that was torn by a crash and has been cut off. */
  readonly torn: number
}

export interface Output {
  readonly append: (result: object) => Effect.Effect<void, OutputFailed>
  /** Makes what was appended durable, and notices a file that has been taken away. */
  readonly sync: Effect.Effect<void, OutputFailed>
}

const exists = async (path: string): Promise<boolean> => Fs.access(path).then(() => true, () => false)

const resultOf = (text: string): { readonly id: string; readonly type: string } | undefined => {
  try {
    const line: { readonly custom_id?: unknown; readonly result?: { readonly type?: unknown } } = JSON.parse(text)
    const { custom_id: id, result } = line
    return typeof id === "string" && typeof result?.type === "string" ? { id, type: result.type } : undefined
  } catch {
    return undefined
  }
}

const opening = `{"custom_id":`

/** Whether a line that lacks its end may be one that this program was writing. */
const isOurs = (text: string): boolean => text.startsWith(opening) || opening.startsWith(text)

const unusable = (path: string) => (cause: unknown): BadInput =>
  cause instanceof BadInput ? cause : new BadInput({ problems: [`${path}: cannot be used: ${textOf(cause)}`] })

/** Where the file really is, behind its links; fails for what is no file, and for the prompts themselves. */
export const locate = (path: string, prompts: string): Effect.Effect<string, BadInput> =>
  Effect.filterOrFail(
    Effect.tryPromise({ try: () => located(path), catch: unusable(path) }),
    (out) => out !== reallyAt(prompts),
    () => new BadInput({ problems: [`${path}: the prompts are in this file; give the results another with --out`] })
  )

const scan = async (path: string, retryErrored: boolean, ids: Ids): Promise<Found> => {
  const done = new Ids()
  const retried = new Ids()
  let succeeded = 0
  let errored = 0
  let torn = 0
  if (!await exists(path)) return { done, succeeded, errored, retried, torn }
  const kept = retryErrored ? await Fs.open(`${path}.tmp`, "w", (await Fs.stat(path)).mode) : undefined
  let good = 0
  for await (const line of lines(path)) {
    if (!line.whole && isOurs(line.text)) {
      torn = line.end - line.start
      break
    }
    const result = resultOf(line.text)
    if (result === undefined || !line.whole) {
      await kept?.close()
      throw new BadInput({ problems: [`${path}: line ${line.number} is no result; is this another program's file?`] })
    }
    good = line.end
    const asked = ids.has(result.id)
    if (asked && retryErrored && result.type !== "succeeded") {
      retried.add(result.id)
      continue
    }
    if (asked && done.add(result.id)) {
      if (result.type === "succeeded") succeeded++
      else errored++
    }
    await kept?.write(`${line.text}\n`)
  }
  if (kept !== undefined) {
    // The new file takes the old one's place in one step: a crash leaves either whole.
    await kept.sync()
    await kept.close()
    await Fs.rename(`${path}.tmp`, path)
  } else if (torn > 0) {
    await Fs.truncate(path, good)
  }
  return { done, succeeded, errored, retried, torn }
}

/** Reads what is there, cuts off a torn last line and, to retry, takes errored lines of this input out. */
export const recover = (path: string, retryErrored: boolean, ids: Ids): Effect.Effect<Found, BadInput> =>
  Effect.tryPromise({ try: () => scan(path, retryErrored, ids), catch: unusable(path) })

/** Opens the file for appending. A write that fails half-way is taken back, so that the file stays whole lines. */
export const open = (path: string): Effect.Effect<Output, BadInput, Scope.Scope> =>
  Effect.gen(function*() {
    const file = yield* Effect.acquireRelease(
      Effect.tryPromise({
        try: () => Fs.open(path, "a"),
        catch: (cause) => new BadInput({ problems: [`${path}: cannot be written: ${textOf(cause)}`] })
      }),
      (opened) => Effect.promise(() => opened.sync().catch(() => {}).then(() => opened.close()).catch(() => {}))
    )
    const failed = (cause: unknown): OutputFailed => new OutputFailed({ path, problem: textOf(cause) })
    const { ino, size: before } = yield* Effect.promise(() => file.stat())
    const turn = yield* Semaphore.make(1)
    let size = before
    let dirty = false
    const write = async (bytes: Buffer): Promise<void> => {
      try {
        for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten
      } catch (cause) {
        await file.truncate(size).catch(() => {})
        throw cause
      }
      size += bytes.length
      dirty = true
    }
    const sync = async (): Promise<void> => {
      if (dirty) {
        dirty = false
        await file.datasync()
      }
      const there = await Fs.stat(path).catch(() => undefined)
      if (there?.ino !== ino) throw new Error("the file was moved or deleted while the run went on")
    }
    return {
      append: (result) =>
        turn.withPermits(1)(Effect.uninterruptible(Effect.tryPromise({
          try: () => write(Buffer.from(`${JSON.stringify(result)}\n`)),
          catch: failed
        }))),
      sync: Effect.tryPromise({ try: sync, catch: failed })
    }
  })
