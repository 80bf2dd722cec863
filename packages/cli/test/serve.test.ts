import { assert, it } from "@effect/vitest"
import { start } from "./fixtures/harness.ts"

it("serve runs the fault server alone and says how to point any SDK at it", async () => {
  const { child, ended } = start("http://unused.test", ["serve", "--port", "0"])
  const text = await new Promise<string>((resolve) => child.stdout?.once("data", (piece) => resolve(String(piece))))
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0]
  assert.include(text, "ANTHROPIC_BASE_URL=")
  const response = await fetch(`${url}/v1/models`, { headers: { "x-api-key": "any" } })
  assert.strictEqual(response.status, 200)
  assert.strictEqual((await fetch(`${url}/v1/models`)).status, 401)
  const page = /drawn at (\S+)/.exec(text)?.[1] ?? ""
  const drawn = await (await fetch(page)).text()
  assert.match(drawn, /Answered<\/dt><dd>1/)
  assert.match(drawn, /Errored<\/dt><dd>1/)
  assert.include(drawn, "Authentication failed")
  child.kill("SIGTERM")
  await ended
})
