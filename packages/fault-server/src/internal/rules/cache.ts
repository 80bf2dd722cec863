/** What is rejected of cache breakpoints. */
import type * as Reply from "../../Reply.ts"
import type { Rule } from "../../RequestRules.ts"
import * as Tokens from "../tokens.ts"
import { bodyOf, type Fields, first, invalid, isObject, listOf, placed, toolsOf } from "./parts.ts"

interface Holder {
  readonly path: string
  readonly block: Fields
  readonly inner: boolean
}

/** All that may hold one, in the order in which they are read. */
const holders = (received: Reply.Received): ReadonlyArray<Holder> => [
  ...toolsOf(received).map((block, index) => ({ path: `tools.${index}`, block, inner: false })),
  ...listOf(bodyOf(received)["system"]).map((block, index) => ({
    path: `system.${index}`,
    block: Tokens.fields(block),
    inner: false
  })),
  ...placed(received)
]

const isMarked = ({ block }: Holder): boolean => isObject(block["cache_control"])

export const cache: ReadonlyArray<Rule> = [
  {
    name: "cache place",
    check: (received) =>
      first(holders(received).filter(isMarked), ({ block, path }) => {
        const type = String(block["type"])
        if (
          type === "text" && block["text"] === ""
        ) return `${path}.text: cache_control cannot be set for empty text blocks`
        return type === "thinking" || type === "redacted_thinking"
          ? `${path}.${type}.cache_control: Extra inputs are not permitted`
          : undefined
      })
  },
  {
    name: "cache count",
    check: (received) => {
      const all = holders(received)
      const last = all.findLast(({ inner }) => !inner)
      // An automatic breakpoint on a block that is marked itself is none.
      const automatic = isObject(bodyOf(received)["cache_control"]) && !(last !== undefined && isMarked(last))
      const count = all.filter(isMarked).length + (automatic ? 1 : 0)
      return count > 4
        ? invalid(`A maximum of 4 blocks with cache_control may be provided. Found ${count}.`)
        : undefined
    }
  },
  {
    name: "cache order",
    check: (received) => {
      let short = false
      return first(holders(received).filter((one) => isMarked(one) && !one.inner), ({ block, path }) => {
        const ttl = Tokens.fields(block["cache_control"])["ttl"] ?? "5m"
        if (ttl === "1h" && short) {
          return `${path}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control ` +
            "block. Note that blocks are processed in the following order: `tools`, `system`, `messages`."
        }
        short ||= ttl !== "1h"
        return undefined
      })
    }
  }
]
