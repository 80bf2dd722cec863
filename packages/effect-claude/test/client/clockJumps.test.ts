import { Fault, Reply, type VirtualClock } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { ClaudeClient } from "effect-claude"
import { thrownBy, tried, ways } from "../adapters/ways.ts"
import { params } from "../fixtures/harness.ts"
import { lean } from "../fixtures/lean.ts"

const hour = 3_600_000
const text = "one two three four five six seven eight nine ten eleven twelve"
const slow = Reply.stream(Reply.message(text), { deltaDelay: 5000, deltaSize: 4 })

/** Somebody sets the system's clock; time itself goes on. */
const jump = (clock: VirtualClock.VirtualClock, by: number): void => {
  clock.currentTimeMillisUnsafe = () => clock.now + by
}

const jumps = { "an hour back": -hour, "three days forward": 72 * hour }

describe("a system clock that is set while an answer comes", () => {
  for (const [name, by] of Object.entries(jumps)) {
    it(`D7 ${name}: a stream that stands still ends after the idle timeout, by time itself`, () =>
      lean(({ answer, clock }) =>
        Effect.gen(function*() {
          answer(() => Fault.silenceAfterEvents(4)(slow))
          const call = yield* Effect.forkChild(
            Effect.flip(ClaudeClient.createMessage(params, { stream: true, maxAttempts: 1 }))
          )
          yield* Effect.sleep("10 seconds")
          jump(clock, by)
          const { reason } = yield* Fiber.join(call)
          assert.isTrue(reason._tag === "TimedOut" && reason.phase === "idle")
          assert.isTrue(clock.now >= 60_000 && clock.now <= 70_000, String(clock.now))
        })
      ))

    it(`D7 ${name}: a stream that comes is read to its end`, () =>
      lean(({ answer, clock }) =>
        Effect.gen(function*() {
          answer(() => slow)
          const call = yield* Effect.forkChild(ClaudeClient.createMessage(params, { stream: true, maxAttempts: 1 }))
          yield* Effect.sleep("10 seconds")
          jump(clock, by)
          assert.deepInclude((yield* Fiber.join(call)).content[0], { text })
        })
      ))

    for (const way of ways) {
      it(`D7 ${name}: through ${way} as well`, async () => {
        const request = { ...params, stream: true as const }
        await tried(way, [Fault.silenceAfterEvents(4)(slow), slow], async ({ clock, sdk, sleep }) => {
          const silent = await sdk.messages.create(request).asResponse()
          const reading = thrownBy(silent.text())
          await sleep(10_000)
          jump(clock, by)
          assert.include(String(((await reading) as Error).cause), "stood still")
          assert.isTrue(clock.now >= 60_000 && clock.now <= 75_000, String(clock.now))
        })
        await tried(way, [slow], async ({ clock, sdk, sleep }) => {
          const reading = (await sdk.messages.create(request).asResponse()).text()
          await sleep(10_000)
          jump(clock, by)
          assert.include(await reading, "message_stop")
        })
      })
    }
  }
})
