import { FaultServer, Reply, RequestRules } from "@effect-claude/fault-server"
import { assert, it } from "@effect/vitest"
import { Console, Effect, Layer, Redacted } from "effect"
import { ClaudeClient, DurableToolLoop } from "effect-claude"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { agent, engine, handlers, program } from "./main.ts"

const call = (name: string, input: unknown) => Reply.toolUse([{ id: `call_${name}`, name, input }])

/** Answers by what the conversation holds, as the model would. */
const handler = RequestRules.make((request) =>
  Effect.sync(() => {
    const { messages } = request.json as { readonly messages: ReadonlyArray<unknown> }
    const denied = JSON.stringify(messages).includes("\"is_error\":true")
    const answers = [
      call("find_order", { order: "order-7" }),
      call("refund", { order: "order-7", euros: 40 }),
      Reply.message(denied ? "Somebody has to look at it." : "The money is on its way.")
    ]
    return Reply.forRequest(request, answers[(messages.length - 1) / 2] ?? Reply.message("Lost."))
  })
)

const file = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-claude-durable-"))),
  (dir) => Effect.sync(() => rmSync(dir, { recursive: true }))
).pipe(Effect.map((dir) => join(dir, "refunds.db")))

/** What each life of the process prints, all on one file. */
const lives = (...decisions: ReadonlyArray<"approve" | "deny" | undefined>) =>
  Effect.gen(function*() {
    const filename = yield* file
    const server = yield* FaultServer.make(handler)
    const printed: Array<string> = []
    const console: Console.Console = { ...globalThis.console, log: (text: string) => printed.push(text) }
    yield* Effect.forEach(decisions, (decision) =>
      program("order-7", decision).pipe(
        Effect.provide(
          Layer.fresh(
            DurableToolLoop.layer(agent).pipe(
              Layer.provide([
                handlers,
                ClaudeClient.layerStandard({ baseUrl: server.url, apiKey: Redacted.make("sk-ant-x") })
              ]),
              Layer.provideMerge(engine(filename)),
              Layer.provideMerge(Layer.succeed(Console.Console, console))
            )
          )
        )
      ))
    return { printed, requests: (yield* server.requests).length }
  })

it.live("waits for approval, is closed, is found again, pays once and ends", () =>
  Effect.gen(function*() {
    const { printed, requests } = yield* lives(undefined, undefined, "approve", "approve")
    const waits = "Waits for approval: refund({\"order\":\"order-7\",\"euros\":40})"
    assert.deepStrictEqual(printed.slice(0, 2), [waits, waits])
    assert.match(printed[2] ?? "", /^Paid 40 euros for order-7 under the key /)
    assert.deepStrictEqual(printed.slice(3), ["The money is on its way.", "The money is on its way."])
    assert.strictEqual(requests, 3)
  }))

it.live("tells the model what was denied", () =>
  Effect.gen(function*() {
    const { printed, requests } = yield* lives("deny")
    assert.deepStrictEqual(printed, ["Somebody has to look at it."])
    assert.strictEqual(requests, 3)
  }))
