/** What a journal knows: which batches may be whose, and which of them every request was in last. */
import type { Entry } from "../../BatchJournal.ts"

/** A batch of the run; `candidates`: the batches of the account that may be it, usually one. */
export interface Known {
  readonly number: number
  readonly round: number
  readonly mark: string
  readonly newest: string | undefined
  readonly ids: ReadonlyArray<string>
  candidates: ReadonlyArray<string> | undefined
}

export interface Knowledge {
  /** Those that have not come to nothing, by number. */
  readonly batches: Map<number, Known>
  /** The ids of batches at the API that belong to others of the run. */
  readonly taken: Set<string>
  next: number
}

export const read = (entries: ReadonlyArray<Entry>): Knowledge => {
  const batches = new Map<number, Known>()
  const taken = new Set<string>()
  let next = 0
  for (const entry of entries) {
    const { number } = entry
    next = Math.max(next, number + 1)
    if (entry._tag === "Intent") {
      const { ids, mark, newest, round } = entry
      batches.set(number, { number, round, mark, newest, ids, candidates: undefined })
    } else if (entry._tag === "Void") batches.delete(number)
    else {
      const known = batches.get(number)
      if (known !== undefined) known.candidates = entry.batches
      for (const id of entry.batches) taken.add(id)
    }
  }
  return { batches, taken, next }
}

/** The batch each request was in last. */
export const owners = ({ batches }: Knowledge): Map<string, Known> => {
  const owner = new Map<string, Known>()
  for (const known of batches.values()) for (const id of known.ids) owner.set(id, known)
  return owner
}
