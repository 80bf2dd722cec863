// @effect-diagnostics asyncFunction:off
/**
 * One process per output file. Each announces itself with a file in a folder beside it and then looks for others: of two,
 * the later one to look sees the other, so never do both go on. What dead processes left behind is swept away; of a process
 * on another machine nobody can tell, so the user is asked.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Fs from "node:fs/promises"
import { join } from "node:path"
import * as Announcement from "./announcement.ts"
import { BadInput, OutputFailed, textOf } from "./problems.ts"
import { time } from "./waiting.ts"

/** Of processes that begin together the first by name stays; it waits so long, in milliseconds, for the rest to leave. */
const looks = 50
const betweenLooks = 10

/** A process elsewhere that gave no sign for so long has probably ended, in milliseconds; it gives one each second. */
const quiet = 30_000

/** Held by this process, which its name cannot tell apart. */
const held = new Set<string>()

const hasCode = (cause: unknown, code: string): boolean =>
  cause instanceof Error && "code" in cause && cause.code === code

const announce = async (folder: string, name: string): Promise<void> => {
  for (let tries = 0;; tries++) {
    await Fs.mkdir(folder).catch((cause: unknown) => {
      if (!hasCode(cause, "EEXIST")) throw cause
    })
    try {
      return await Fs.writeFile(join(folder, name), "")
    } catch (cause) {
      // Another that ends takes the empty folder away.
      if (!hasCode(cause, "ENOENT") || tries === looks) throw cause
    }
  }
}

const withdraw = async (folder: string, name: string): Promise<void> => {
  await Fs.rm(join(folder, name), { force: true }).catch(() => {})
  await Fs.rmdir(folder).catch(() => {})
}

interface Other {
  readonly name: string
  readonly pid: number
  /** Where it runs, if not here, and when it gave its last sign. */
  readonly elsewhere: { readonly host: string; readonly seen: number } | undefined
}

/** The first by name of the others that live, or may live. */
const other = async (folder: string, self: Announcement.Announcement): Promise<Other | undefined> => {
  for (const name of (await Fs.readdir(folder)).toSorted()) {
    const found = Announcement.parse(name)
    if (found === undefined || name === Announcement.nameOf(self)) continue
    const state = Announcement.stateOf(found, self)
    const { host, pid } = found
    if (state === "alive") return { name, pid, elsewhere: undefined }
    if (state === "dead") await Fs.rm(join(folder, name), { force: true })
    else {
      const seen = await Fs.stat(join(folder, name)).catch(() => undefined)
      if (seen !== undefined) return { name, pid, elsewhere: { host, seen: seen.mtimeMs } }
    }
  }
  return undefined
}

const taken = (out: string, folder: string, { elsewhere, pid }: Omit<Other, "name">, now: number): BadInput => {
  if (elsewhere === undefined) {
    return new BadInput({ problems: [`${out}: process ${pid} is writing it; wait for it or stop it first.`] })
  }
  const silent = Math.max(0, now - elsewhere.seen)
  const where = `process ${pid} of another machine or container, ${elsewhere.host},`
  const problem = silent < quiet
    ? `${where} is writing it; wait for it or stop it there.`
    : `${where} was writing it and gave its last sign ${time(silent)} ago. Whether it still runs cannot be seen from ` +
      `here. If it has ended, delete ${folder} and run the same command again.`
  return new BadInput({ problems: [`${out}: ${problem}`] })
}

const take = (out: string, folder: string, self: Announcement.Announcement): Effect.Effect<void, BadInput> => {
  const failed = (cause: unknown): BadInput =>
    new BadInput({ problems: [`${out}: cannot be locked: ${textOf(cause)}`] })
  const name = Announcement.nameOf(self)
  return Effect.gen(function*() {
    yield* Effect.tryPromise({ try: () => announce(folder, name), catch: failed })
    for (let look = 1;; look++) {
      const found = yield* Effect.tryPromise({ try: () => other(folder, self), catch: failed })
      if (found === undefined) return
      if (found.name < name || look === looks) {
        return yield* taken(out, folder, found, yield* Clock.currentTimeMillis)
      }
      yield* Effect.sleep(betweenLooks)
    }
  }).pipe(Effect.onError(() => Effect.promise(() => withdraw(folder, name))))
}

/**
 * Holds the file until the scope ends; fails if another process has it. What it gives is a sign of life to others, and fails
 * where somebody took the lock away.
 */
export const lock = (out: string): Effect.Effect<Effect.Effect<void, OutputFailed>, BadInput, Scope.Scope> => {
  const folder = `${out}.lock`
  const self = Announcement.own()
  const name = Announcement.nameOf(self)
  const sign = Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.tryPromise({
      try: () => Fs.utimes(join(folder, name), now / 1000, now / 1000),
      catch: (cause) =>
        new OutputFailed({
          path: folder,
          problem: hasCode(cause, "ENOENT") ? "it was deleted while the run went on" : textOf(cause)
        })
    }))
  return Effect.acquireRelease(
    Effect.suspend(() => {
      if (held.has(out)) return Effect.fail(taken(out, folder, { pid: self.pid, elsewhere: undefined }, 0))
      held.add(out)
      return Effect.onError(take(out, folder, self), () => Effect.sync(() => held.delete(out)))
    }),
    () =>
      Effect.promise(() =>
        withdraw(folder, name).finally(() => {
          held.delete(out)
        })
      )
  ).pipe(Effect.as(sign))
}
