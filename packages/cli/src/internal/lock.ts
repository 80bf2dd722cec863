// @effect-diagnostics asyncFunction:off
/**
 * One process per output file. Each announces itself with a file named after its pid and then looks for others: of two,
 * the later one to look sees the other, so never do both go on. What dead processes left behind is swept away.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Fs from "node:fs/promises"
import { join } from "node:path"
import { BadInput, textOf } from "./problems.ts"

/** Of processes that begin together the lowest pid stays; it waits so long, in milliseconds, for the rest to leave. */
const looks = 50
const betweenLooks = 10

/** Held by this process, which its pid cannot tell apart. */
const held = new Set<string>()

const hasCode = (cause: unknown, code: string): boolean =>
  cause instanceof Error && "code" in cause && cause.code === code

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return hasCode(cause, "EPERM")
  }
}

const fileOf = (folder: string): string => join(folder, String(process.pid))

const announce = async (folder: string): Promise<void> => {
  for (let tries = 0;; tries++) {
    await Fs.mkdir(folder).catch((cause: unknown) => {
      if (!hasCode(cause, "EEXIST")) throw cause
    })
    try {
      return await Fs.writeFile(fileOf(folder), "")
    } catch (cause) {
      // Another that ends takes the empty folder away.
      if (!hasCode(cause, "ENOENT") || tries === looks) throw cause
    }
  }
}

const withdraw = async (folder: string): Promise<void> => {
  await Fs.rm(fileOf(folder), { force: true }).catch(() => {})
  await Fs.rmdir(folder).catch(() => {})
}

/** The lowest pid of another living process that has announced itself. */
const other = async (folder: string): Promise<number | undefined> => {
  let lowest: number | undefined
  for (const name of await Fs.readdir(folder)) {
    const pid = Number(name)
    if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) continue
    if (alive(pid)) lowest = Math.min(lowest ?? pid, pid)
    else await Fs.rm(join(folder, name), { force: true })
  }
  return lowest
}

const taken = (out: string, folder: string, pid: number): BadInput =>
  new BadInput({
    problems: [
      `${out}: process ${pid} is writing it; wait for it or stop it first. ` +
      `If process ${pid} is something else, delete the folder ${folder}.`
    ]
  })

const take = (out: string, folder: string): Effect.Effect<void, BadInput> => {
  const failed = (cause: unknown): BadInput =>
    new BadInput({ problems: [`${out}: cannot be locked: ${textOf(cause)}`] })
  return Effect.gen(function*() {
    yield* Effect.tryPromise({ try: () => announce(folder), catch: failed })
    for (let look = 1;; look++) {
      const pid = yield* Effect.tryPromise({ try: () => other(folder), catch: failed })
      if (pid === undefined) return
      if (pid < process.pid || look === looks) return yield* taken(out, folder, pid)
      yield* Effect.sleep(betweenLooks)
    }
  }).pipe(Effect.onError(() => Effect.promise(() => withdraw(folder))))
}

/** Holds the file until the scope ends; fails if another process has it. */
export const lock = (out: string): Effect.Effect<void, BadInput, Scope.Scope> => {
  const folder = `${out}.lock`
  return Effect.acquireRelease(
    Effect.suspend(() => {
      if (held.has(out)) return Effect.fail(taken(out, folder, process.pid))
      held.add(out)
      return Effect.onError(take(out, folder), () => Effect.sync(() => held.delete(out)))
    }),
    () =>
      Effect.promise(() =>
        withdraw(folder).finally(() => {
          held.delete(out)
        })
      )
  )
}
