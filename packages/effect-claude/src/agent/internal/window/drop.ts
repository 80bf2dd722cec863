/** Leaves the oldest out, no more of it than must go. */
import * as Effect from "effect/Effect"
import { type Cut, exchangeCuts, type Parts, partsOf, stepCuts } from "./exchanges.ts"
import type { MessageParam, Situation, Strategy } from "./strategy.ts"

export const cut = (messages: ReadonlyArray<MessageParam>, { from, kept, tail }: Cut): ReadonlyArray<MessageParam> => [
  ...messages.slice(from, kept),
  ...messages.slice(tail)
]

/** The first cut that frees enough, else the last; undefined where there is none. */
export const enough = (
  { messages, tokensOf }: Situation,
  cuts: ReadonlyArray<Cut>,
  excess: number
): Cut | undefined => {
  const sums = [0]
  for (const message of messages) sums.push((sums.at(-1) ?? 0) + tokensOf(message))
  const sum = (from: number, to: number): number => (sums[to] ?? 0) - (sums[from] ?? 0)
  return cuts.find(({ from, kept, tail }) => sum(0, from) + sum(kept, tail) >= excess) ?? cuts.at(-1)
}

const dropping = (name: string, cuts: (parts: Parts) => ReadonlyArray<Cut>): Strategy => ({
  name,
  apply: (situation) =>
    Effect.sync(() => {
      const { excess, messages } = situation
      const found = enough(situation, cuts(partsOf(messages)), excess)
      return { messages: found === undefined ? messages : cut(messages, found) }
    })
})

export const dropExchanges = (keep: number): Strategy => dropping("dropExchanges", (parts) => exchangeCuts(parts, keep))

export const dropSteps = (keep: number): Strategy => dropping("dropSteps", (parts) => stepCuts(parts, keep))
