/** What any journal holds, so that what works with one works with each. */
export interface Bounds {
  readonly runLength: number
  readonly place: number
  readonly entryBytes: number
}

const tooLong = (text: string, bytes: number): boolean =>
  text.length > bytes || text.length * 3 > bytes && new TextEncoder().encode(text).length > bytes

/** Why a journal cannot hold this, if it cannot. */
export const within = (bounds: Bounds, run: string, at = 0, entry = ""): string | undefined => {
  if (run.length === 0 || run.length > bounds.runLength) {
    return `A run id has 1 to ${bounds.runLength} characters, not ${run.length}`
  }
  if (!Number.isInteger(at) || at < 0 || at > bounds.place) {
    return `A place is an integer from 0 to ${bounds.place}, not ${at}`
  }
  return tooLong(entry, bounds.entryBytes) ? `An entry has at most ${bounds.entryBytes} bytes` : undefined
}
