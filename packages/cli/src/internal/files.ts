// @effect-diagnostics asyncFunction:off
/** Paths as they are found on the disk. */
import { realpathSync } from "node:fs"
import * as Fs from "node:fs/promises"
import { basename, dirname, join } from "node:path"

/** Fails for what is there but cannot be read twice from its start: a pipe, a device, a folder. */
export const mustBeRegular = async (path: string): Promise<void> => {
  if (!(await Fs.stat(path)).isFile()) throw new Error("it is no regular file; write to a file first")
}

/** Where a file that is to be written really is: behind its links, so that two names of it are one. */
export const located = async (path: string): Promise<string> => {
  const folder = await Fs.realpath(dirname(path))
  const there = await Fs.realpath(path).catch(() => undefined)
  if (there !== undefined) await mustBeRegular(there)
  return there ?? join(folder, basename(path))
}

/** A path behind its links; itself where there is nothing. */
export const reallyAt = (path: string): string => {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
