/** What may be inside a paste: itself, without colours, without the escapes a log put around it, and the JSON in it. */

// eslint-disable-next-line no-control-regex
const colours = /\u001b\[[0-9;]*[A-Za-z]/g
/** Escapes inside escapes are undone so often. */
const mostLayers = 4
/** So many opening braces of a text are tried. */
const mostBraces = 64

/** The text as it is, then with one layer of escapes less each, outermost first. */
export const layers = (pasted: string): ReadonlyArray<string> => {
  const found = [pasted.replace(colours, "").replaceAll("\\u001b", "\u001b").replace(colours, "").trim()]
  while (found.length < mostLayers) {
    const last = found[found.length - 1]!
    if (!/\\["nrt\\]/.test(last)) break
    const next = last.replace(
      /\\(["\\/nrt])/g,
      (_, sign: string) => sign === "n" || sign === "r" ? "\n" : sign === "t" ? "\t" : sign
    )
    if (next === last) break
    found.push(next)
  }
  return found
}

/** Where the JSON object that begins at an opening brace ends; undefined when it does not. */
const endOf = (text: string, start: number): number | undefined => {
  let depth = 0
  let quoted = false
  for (let at = start; at < text.length; at++) {
    const sign = text[at]
    if (quoted) {
      if (sign === "\\") at++
      else if (sign === "\"") quoted = false
    } else if (sign === "\"") quoted = true
    else if (sign === "{" || sign === "[") depth++
    else if (sign === "}" || sign === "]") {
      depth--
      if (depth === 0) return at + 1
    }
  }
  return undefined
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The outermost JSON objects and arrays of a text. */
export const jsonIn = (text: string): ReadonlyArray<unknown> => {
  const found: Array<unknown> = []
  let from = 0
  for (let tried = 0; tried < mostBraces; tried++) {
    const start = text.slice(from).search(/[{[]/)
    if (start < 0) break
    const end = endOf(text, from + start)
    const value = end === undefined ? undefined : parsed(text.slice(from + start, end))
    if (value !== undefined && end !== undefined) {
      found.push(value)
      from = end
    } else from += start + 1
  }
  return found
}

type Fields = Readonly<Record<string, unknown>>

export const fieldsOf = (value: unknown): Fields | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined

/** So many values of a JSON are looked at. */
const mostValues = 10_000

/** All objects in a value, outermost first; strings that hold JSON are looked into. */
export const objectsIn = (value: unknown): ReadonlyArray<Fields> => {
  const found: Array<Fields> = []
  const queue: Array<unknown> = [value]
  for (let at = 0; at < queue.length && at < mostValues; at++) {
    const next = queue[at]
    if (typeof next === "string" && /^\s*[{[]/.test(next)) queue.push(parsed(next))
    if (Array.isArray(next)) queue.push(...next.slice(0, 1000))
    const fields = fieldsOf(next)
    if (fields === undefined) continue
    found.push(fields)
    queue.push(...Object.values(fields))
  }
  return found
}
