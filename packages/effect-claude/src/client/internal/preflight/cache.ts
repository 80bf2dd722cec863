/** Rules about cache breakpoints. */
import { eachBlock, type Fields, isFields, list, type Rules, type Subject, type Violation } from "./subject.ts"

const mostBreakpoints = 4

interface Breakpoint {
  readonly path: string
  readonly long: boolean
  readonly holder: Fields
  /** Inside of a tool result, whose own place among the others is not known. */
  readonly inner: boolean
}

/** In the order in which the prefix is built: tools, system, messages. */
const breakpoints = (subject: Subject): ReadonlyArray<Breakpoint> => {
  const found: Array<Breakpoint> = []
  const see = (path: string, holder: unknown, inner = false): void => {
    const control = isFields(holder) ? holder["cache_control"] : undefined
    if (!isFields(holder) || !isFields(control)) return
    found.push({ path: `${path}.cache_control`, long: control["ttl"] === "1h", holder, inner })
  }
  for (const [index, tool] of subject.tools.entries()) see(`tools.${index}`, tool)
  for (const [index, block] of list(subject.params["system"]).entries()) see(`system.${index}`, block)
  eachBlock(subject, (block) => see(block.path, block.fields, block.inner))
  return found
}

/** The block that an automatic breakpoint falls on; one that is marked itself takes no other. */
const lastOf = ({ params, tools, turns }: Subject): unknown =>
  turns.length > 0 ? turns.at(-1)?.blocks.at(-1)?.fields : list(params["system"]).at(-1) ?? tools.at(-1)

const cache = (subject: Subject): ReadonlyArray<Violation> => {
  const all = breakpoints(subject)
  const found: Array<Violation> = []
  const last = lastOf(subject)
  const taken = isFields(last) && isFields(last["cache_control"])
  const automatic = isFields(subject.params["cache_control"]) && !taken ? 1 : 0
  const surplus = all[mostBreakpoints - automatic]
  if (surplus !== undefined) {
    found.push({
      path: surplus.path,
      rule: "cacheCount",
      message: `There are ${all.length + automatic} cache breakpoints; ${mostBreakpoints} are the most.`,
      fix: "Keep the last ones: a breakpoint covers all that stands before it."
    })
  }
  const outer = all.filter((one) => !one.inner)
  const short = outer.findIndex((one) => !one.long)
  const late = short < 0 ? undefined : outer.find((one, at) => at > short && one.long)
  if (late !== undefined) {
    found.push({
      path: late.path,
      rule: "cacheOrder",
      message: "An entry of an hour stands behind one of five minutes.",
      fix: "Put entries of an hour first, in the order tools, system, messages."
    })
  }
  for (const { holder, path } of all) {
    const { type } = holder
    const empty = type === "text" && holder["text"] === ""
    if (!empty && type !== "thinking" && type !== "redacted_thinking") continue
    found.push({
      path,
      rule: "cachePlace",
      message: `A breakpoint stands on ${empty ? "an empty text" : "thinking"}.`,
      fix: "Put it on the block before."
    })
  }
  return found
}

export const caching: ReadonlyArray<Rules> = [
  {
    rules: {
      cacheCount: "At most four breakpoints, an automatic one included.",
      cacheOrder: "Entries of an hour stand before those of five minutes.",
      cachePlace: "No breakpoint on thinking or an empty text."
    },
    source: "build-with-claude/prompt-caching",
    check: cache
  }
]
