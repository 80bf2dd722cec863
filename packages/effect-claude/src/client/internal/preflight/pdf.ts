/** The number of pages of a PDF, read off its page tree; a file whose index is compressed keeps its number to itself. */
import { bytesAt, latin, lengthOf } from "./base64.ts"

/** Where an object begins; undefined where the index is not a plain table. */
type Index = (object: number) => number | undefined

const tailBytes = 1_024
const entryBytes = 20
/** A file saved again and again has an index for each time; this many are read. */
const mostSections = 32
/** A page tree's root names its branches, and its count behind them. */
const objectBytes = 16_384

const read = (base64: string, from: number, count: number): string => latin(bytesAt(base64, from, count))

const int = (text: string | undefined): number | undefined => text === undefined ? undefined : Number.parseInt(text, 10)

interface Section {
  readonly from: number
  readonly count: number
  /** Where its first entry begins. */
  readonly at: number
}

interface Table {
  readonly sections: ReadonlyArray<Section>
  readonly root: number
}

/** The tables of the file, the latest first. */
const tables = (base64: string): Table | undefined => {
  const length = lengthOf(base64)
  const tail = read(base64, Math.max(0, length - tailBytes), tailBytes)
  let next = int(/startxref\s+(\d+)\s+%%EOF\s*$/.exec(tail)?.[1])
  const sections: Array<Section> = []
  let root: number | undefined
  let left = mostSections
  while (next !== undefined && left > 0) {
    let at = next
    if (read(base64, at, 4) !== "xref") return undefined
    at += 4
    for (; left > 0; left--) {
      const head = /^\s*(\d+) (\d+)\s*?(?:\r\n|\n|\r)/.exec(read(base64, at, 64))
      if (head === null) break
      const count = int(head[2]) ?? 0
      sections.push({ from: int(head[1]) ?? 0, count, at: at + head[0].length })
      at += head[0].length + count * entryBytes
    }
    const trailer = /^\s*trailer\s*<<([\s\S]*?)startxref/.exec(read(base64, at, 4_096))?.[1]
    if (trailer === undefined) return undefined
    root ??= int(/\/Root\s+(\d+)\s+\d+\s+R/.exec(trailer)?.[1])
    // A file with a second, compressed index beside the table may have its objects there.
    if (/\/XRefStm/.test(trailer)) return undefined
    next = int(/\/Prev\s+(\d+)/.exec(trailer)?.[1])
  }
  return root === undefined || left <= 0 ? undefined : { sections, root }
}

const index = (base64: string, sections: ReadonlyArray<Section>): Index => (object) => {
  const section = sections.find(({ count, from }) => object >= from && object < from + count)
  if (section === undefined) return undefined
  const entry = read(base64, section.at + (object - section.from) * entryBytes, entryBytes)
  return int(/^(\d{10}) \d{5} n/.exec(entry)?.[1])
}

const objectAt = (base64: string, find: Index, object: number): string | undefined => {
  const at = find(object)
  if (at === undefined) return undefined
  const text = read(base64, at, objectBytes)
  const end = text.indexOf("endobj")
  return text.startsWith(`${object} `) && end !== -1 ? text.slice(0, end) : undefined
}

/** Undefined where it cannot be known without decompressing. */
export const pagesOf = (base64: string): number | undefined => {
  const found = tables(base64)
  if (found === undefined) return undefined
  const find = index(base64, found.sections)
  const catalog = objectAt(base64, find, found.root)
  const tree = int(/\/Pages\s+(\d+)\s+\d+\s+R/.exec(catalog ?? "")?.[1])
  const root = tree === undefined ? undefined : objectAt(base64, find, tree)
  if (root === undefined || !/\/Type\s*\/Pages\b/.test(root)) return undefined
  return int(/\/Count\s+(\d+)(?!\d|\s+\d+\s+R)/.exec(root)?.[1])
}
