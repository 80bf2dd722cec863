import { assert, it } from "@effect/vitest"
import { LeanResponse } from "../../src/client/internal/leanResponse.ts"

it("a socket that is ahead of its reader is paused at 256 kB and read on at 64 kB, not piece by piece", () => {
  const response = new LeanResponse("http://claude.test", undefined, () => {}, () => {})
  let paused = 0
  let resumed = 0
  const controller = { abort: () => {}, pause: () => void paused++, resume: () => void resumed++ }
  const { handler } = response
  handler.onRequestStart(controller)
  handler.onResponseStart(controller, 200, {})
  const piece = new Uint8Array(1024)
  for (let n = 0; n < 256; n++) handler.onResponseData(controller, piece)
  assert.deepStrictEqual([paused, resumed], [1, 0])
  for (let n = 0; n < 191; n++) response.take()
  assert.deepStrictEqual([paused, resumed], [1, 0])
  response.take()
  assert.deepStrictEqual([paused, resumed], [1, 1])
  for (let n = 0; n < 64; n++) response.take()
  assert.deepStrictEqual([paused, resumed], [1, 1])
  assert.isUndefined(response.take())
})
