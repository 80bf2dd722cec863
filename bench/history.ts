/** What a history costs to grow, send and check: the loop encodes each message once, an array of messages each time. */
import { History, Preflight } from "effect-claude"
import * as Result from "effect/Result"
import { median, print } from "./table.ts"

const use = (n: number) => ({ type: "tool_use" as const, id: `toolu_${n}`, name: "look", input: { path: "src/a.ts" } })
const result = (n: number, size: number) => ({
  type: "tool_result" as const,
  tool_use_id: `toolu_${n}`,
  content: "say \"x\"\n".repeat(Math.ceil(size / 8))
})

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

const grown = (turns: number): History.History => {
  let history = History.make("Look around.")
  for (let n = 0; n < turns; n++) history = turn(history, n, 100)
  return history
}

export const history = (): void => {
  print(
    "history: append, first send, check",
    ["turns", "append µs a turn", "encode µs a turn", "check ms"],
    [500, 2500, 10_000].map((turns) => {
      const messages = History.toMessages(grown(turns))
      return [
        turns,
        (rounds(() => void grown(turns)) * 1000 / turns).toFixed(2),
        (rounds(() => void History.toJson(Result.getOrThrow(History.fromMessages(messages)))) * 1000 / turns).toFixed(
          2
        ),
        rounds(() => void Preflight.checkMessages(messages)).toFixed(2)
      ]
    })
  )
  const steps = 400
  const pieces = rounds(() => {
    let history = History.make("Look around.")
    for (let n = 0; n < steps; n++) {
      history = turn(history, n, 2000)
      Buffer.from(History.toJson(history))
    }
  })
  const whole = rounds(() => {
    const messages: Array<unknown> = [{ role: "user", content: "Look around." }]
    for (let n = 0; n < steps; n++) {
      messages.push({ role: "assistant", content: [use(n)] }, { role: "user", content: [result(n, 2000)] })
      Buffer.from(JSON.stringify(messages))
    }
  })
  print(`bodies of ${steps} steps with 2 kB results`, ["body", "ms"], [
    ["each message serialised once", pieces.toFixed(0)],
    ["all messages serialised each step", whole.toFixed(0)],
    ["ratio", (pieces / whole).toFixed(2)]
  ])
}

if (import.meta.main) history()
