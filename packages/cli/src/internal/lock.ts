// @effect-diagnostics asyncFunction:off
/** One process per output file. A lock whose process is gone is taken over. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Fs from "node:fs/promises"
import { BadInput, textOf } from "./problems.ts"

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return cause instanceof Error && "code" in cause && cause.code === "EPERM"
  }
}

const take = async (path: string, out: string): Promise<void> => {
  for (let tries = 0; tries < 3; tries++) {
    try {
      return await Fs.writeFile(path, String(process.pid), { flag: "wx" })
    } catch (cause) {
      if (!(cause instanceof Error && "code" in cause && cause.code === "EEXIST")) throw cause
    }
    const holder = Number.parseInt(await Fs.readFile(path, "utf8").catch(() => ""), 10)
    if (Number.isInteger(holder) && holder !== process.pid && alive(holder)) {
      throw new BadInput({
        problems: [
          `${out}: process ${holder} is writing it; wait for it or stop it first ` +
          `(if that is another program by now, remove ${path})`
        ]
      })
    }
    await Fs.rm(path, { force: true })
  }
  throw new BadInput({ problems: [`${out}: another process keeps taking ${path}`] })
}

export const lock = (out: string): Effect.Effect<void, BadInput, Scope.Scope> => {
  const path = `${out}.lock`
  return Effect.acquireRelease(
    Effect.tryPromise({
      try: () => take(path, out),
      catch: (cause) =>
        cause instanceof BadInput ? cause : new BadInput({ problems: [`${out}: cannot be locked: ${textOf(cause)}`] })
    }),
    () => Effect.promise(() => Fs.rm(path, { force: true }))
  )
}
