/** One version of a history: a log, how much of it belongs to this version, and the lists that were made of it. */
import type Anthropic from "@anthropic-ai/sdk"
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

const lists = new WeakMap<object, Version>()

/** A new list of a version's messages, of which `versionOf` knows the version. */
export const listOf = (version: Version): Array<Anthropic.MessageParam> => {
  const list = version[log].slice(0, version.length)
  lists.set(list, version)
  return list
}

/** The version whose messages a list holds, and nothing else; undefined for one that was made or changed elsewhere. */
export const versionOf = (list: unknown): Version | undefined => {
  const version = typeof list === "object" && list !== null ? lists.get(list) : undefined
  if (version === undefined || !Array.isArray(list) || list.length !== version.length) return undefined
  for (let index = 0; index < list.length; index++) if (list[index] !== version[log].at(index)) return undefined
  return version
}
