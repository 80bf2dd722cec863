/** What a history costs to grow, to send for the first time, to check and to estimate: a turn's cost, whatever the length. */
import { ContextWindow, History, Preflight } from "effect-claude"
import * as Result from "effect/Result"
import { median, print } from "./table.ts"

const use = (n: number) => ({ type: "tool_use" as const, id: `toolu_${n}`, name: "look", input: { path: "src/a.ts" } })
const result = (n: number, size: number) => ({
  type: "tool_result" as const,
  tool_use_id: `toolu_${n}`,
  content: "say \"x\"\n".repeat(Math.ceil(size / 8))
})
const prompt = { model: "claude-haiku-5-5" }

const turn = (history: History.History, n: number, size: number): History.History => {
  const next = Result.getOrThrow(History.appendAssistant(history, { content: [use(n)] }))
  return History.isPending(next) ? Result.getOrThrow(History.appendResults(next, [result(n, size)])) : next
}

const rounds = (run: () => void): number =>
  median(Array.from({ length: 7 }, () => {
    const start = performance.now()
    run()
    return performance.now() - start
  }))

const grown = (turns: number, each: (history: History.History) => void = () => {}): History.History => {
  let history = History.make("Look around.")
  for (let n = 0; n < turns; n++) {
    history = turn(history, n, 100)
    each(history)
  }
  return history
}

/** Milliseconds that the estimates of a growing history take together. */
const estimating = (turns: number): number => {
  let millis = 0
  grown(turns, (one) => {
    const start = performance.now()
    ContextWindow.estimate(one, prompt)
    millis += performance.now() - start
  })
  return millis
}

export const history = (): void => {
  for (let warm = 0; warm < 5; warm++) Preflight.checkMessages(History.toMessages(grown(1000)))
  const rows = [500, 2500, 10_000].map((turns) => {
    const messages = History.toMessages(grown(turns))
    const micros = (millis: number): string => (millis * 1000 / turns).toFixed(2)
    return [
      turns,
      micros(rounds(() => void grown(turns))),
      micros(rounds(() => void History.toJson(Result.getOrThrow(History.fromMessages(messages))))),
      micros(median(Array.from({ length: 7 }, () => estimating(turns)))),
      `${messages.length}: ${rounds(() => void Preflight.checkMessages(messages)).toFixed(2)} ms`
    ]
  })
  print(
    "history, µs a turn of 100 B results; check of all messages",
    ["turns", "append", "first send", "estimate", "check"],
    rows
  )
}

if (import.meta.main) history()
