/** What a failure costs to classify, and a request to check: µs, best of several rounds. */
import { ClaudeError, Preflight } from "effect-claude"
import { print } from "./table.ts"

const time = (run: () => void, budget = 300): number => {
  for (let n = 0; n < 20; n++) run()
  let best = Infinity
  const end = performance.now() + budget
  while (performance.now() < end) {
    const times = best === Infinity ? 1 : Math.max(1, Math.min(1000, Math.floor(5000 / best)))
    const start = performance.now()
    for (let n = 0; n < times; n++) run()
    best = Math.min(best, (performance.now() - start) * 1000 / times)
  }
  return best
}

const header = (): null => null
const body = (message: string): string =>
  JSON.stringify({ type: "error", error: { type: "invalid_request_error", message }, request_id: "req_1" })

const errors: ReadonlyArray<readonly [string, number, string]> = [
  ["529, a short body", 529, body("Overloaded")],
  ["400 with a known text", 400, body("prompt is too long: 209353 tokens > 199999 maximum")],
  ["400 with an unknown text", 400, body("tools.0.custom.name: something new")],
  ["502 with 10 kB of HTML", 502, `<html>${"<p>Bad Gateway</p>".repeat(560)}</html>`]
]

const request = (kilobytes: number) => {
  const use = (n: number) => ({ type: "tool_use", id: `toolu_${n}`, name: "look", input: { path: "src/index.ts" } })
  const result = (n: number) => ({ type: "tool_result", tool_use_id: `toolu_${n}`, content: "x".repeat(1800) })
  const turns = Math.max(1, Math.round(kilobytes / 2))
  return {
    model: "claude-sonnet-5-5",
    max_tokens: 1024,
    tools: [{ name: "look", input_schema: { type: "object" } }],
    messages: [
      { role: "user", content: "Look around." },
      ...Array.from({ length: turns }, (_, n) => [
        { role: "assistant", content: [{ type: "text", text: "Looking." }, use(n)] },
        { role: "user", content: [result(n)] }
      ]).flat()
    ]
  }
}

export const classify = (): void => {
  print(
    "classification of a failed answer",
    ["answer", "µs"],
    errors.map(([name, status, text]) => [
      name,
      time(() => void ClaudeError.fromResponse({ status, body: text, header, now: 0 })).toFixed(1)
    ])
  )
  const small = { model: "claude-sonnet-5-5", max_tokens: 64, messages: [{ role: "user", content: "hi" }] }
  const requests: ReadonlyArray<readonly [string, unknown]> = [
    ["one message", small],
    ["10 kB", request(10)],
    ["100 kB", request(100)],
    ["5 MB", request(5000)]
  ]
  print(
    "preflight of a request",
    ["request", "µs", "µs per kB"],
    requests.map(([name, params]) => {
      const micros = time(() => void Preflight.check(params))
      return [name, micros.toFixed(1), (micros / (JSON.stringify(params).length / 1000)).toFixed(2)]
    })
  )
}

if (import.meta.main) classify()
