import { Reply } from "@effect-claude/fault-server"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { ClaudeClient } from "effect-claude"
import { params, run } from "../fixtures/harness.ts"

it("E1 with message_stop an answer is whole: nothing waits for the body's end", () =>
  run([{ ...Reply.stream(Reply.message("hi")), end: "silence" }], ({ clock }) =>
    Effect.gen(function*() {
      yield* ClaudeClient.createMessage(params, { stream: true })
      assert.strictEqual(clock.now, 0)
    })))
