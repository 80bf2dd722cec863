/** Messages while they are mended: where each stood, and what was changed. */
import { type Fields } from "../turns.ts"

/** One change: the path is that of the messages as they came. */
export interface Change {
  readonly path: string
  readonly change: "dropped" | "answered" | "moved" | "renamed" | "stripped"
  readonly message: string
}

export interface Noted extends Change {
  /** The first message that is no longer as it was. */
  readonly index: number
}

export interface Draft {
  readonly index: number
  readonly role: "user" | "assistant" | "system"
  readonly fields: Fields
  /** Undefined where the content is a text. */
  readonly blocks: ReadonlyArray<Fields> | undefined
}

/** The message as it came where nothing in it changed. */
export const messageOf = ({ blocks, fields }: Draft): Fields =>
  blocks === undefined || blocks === fields["content"] ? fields : { ...fields, content: blocks }

export const textOf = (value: unknown): string | undefined => typeof value === "string" ? value : undefined

/** The list itself where every block is kept, so that what is untouched stays the same value. */
export const keep = (
  blocks: ReadonlyArray<Fields>,
  kept: (block: Fields, at: number) => boolean
): ReadonlyArray<Fields> => {
  const left = blocks.filter(kept)
  return left.length === blocks.length ? blocks : left
}
