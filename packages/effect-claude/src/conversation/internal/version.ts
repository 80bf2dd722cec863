/** One version of a history: a log, and how much of it belongs to this version. */
import type { Log } from "./log.ts"

/** Hides the log from whoever holds a history. */
export const log: unique symbol = Symbol("effect-claude/conversation/History/log")

export class Version {
  readonly [log]: Log
  /** Messages. */
  readonly length: number

  constructor(of: Log, length: number) {
    this[log] = of
    this.length = length
  }
}
