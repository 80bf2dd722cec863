/** The size of a request's text in characters, for the limiter's estimate; an image counts as its usual tokens. */

/** Characters that stand for one base64 source: about 1,500 tokens. */
const sourceCharacters = 5_250

export const measure = (value: unknown): number => {
  let size = 0
  // Its own stack: a value may be nested deeper than calls can be.
  const stack: Array<unknown> = [value]
  while (stack.length > 0) {
    const next = stack.pop()
    if (typeof next === "string") size += next.length
    else if (typeof next !== "object" || next === null) size += 4
    else if (Array.isArray(next)) {
      size += 2
      for (const item of next) stack.push(item)
    } else if ("type" in next && next.type === "base64") size += sourceCharacters
    else {
      size += 2
      for (const [name, item] of Object.entries(next)) {
        size += name.length
        stack.push(item)
      }
    }
  }
  return size
}
