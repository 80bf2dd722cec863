import { type Batches, Fault, Reply, Routes } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Schedule, Stream } from "effect"
import { BatchJournal, ClaudeClient, MessageBatches, Resilience } from "effect-claude"
import { runHandler } from "../fixtures/harness.ts"

const request = (id: string, params: object = {}): MessageBatches.Request => ({
  custom_id: id,
  params: {
    model: "claude-haiku-5-5",
    max_tokens: 64,
    messages: [{ role: "user", content: `Prompt ${id}` }],
    ...params
  }
})
const many = (count: number) => Array.from({ length: count }, (_, n) => request(`line-${n}`))

const hour = 3_600_000
const textOf = ({ body }: Reply.Received): string => /Prompt ([^"]*)/.exec(body)?.[1] ?? ""

/** Routes that count what they are asked. */
const counted = (messages?: Reply.Handler, batches?: Batches.Options) => {
  const routes = Routes.make(messages, batches === undefined ? {} : { batches })
  const calls: Array<string> = []
  const handler: Reply.Handler = (received) => {
    const action = received.path.replace(/msgbatch_\d+/, ":id").replace("/v1/messages/batches", "")
    calls.push(`${received.method} ${action}`)
    return routes(received)
  }
  return { calls, handler, created: () => calls.filter((call) => call === "POST ").length }
}

type Services = ClaudeClient.ClaudeClient | BatchJournal.BatchJournal
const within = <A, E>(
  handler: Reply.Handler,
  program: (clock: { readonly now: number }) => Effect.Effect<A, E, Services>
) => runHandler(handler, ({ clock }) => Effect.provide(program(clock), BatchJournal.layerMemory))

const all = (requests: ReadonlyArray<MessageBatches.Request>, options?: MessageBatches.Options) =>
  Stream.runCollect(MessageBatches.run(Stream.fromIterable(requests), options))

const byId = (results: ReadonlyArray<MessageBatches.Result>) =>
  new Map(results.map((result) => [result.customId, result._tag]))

describe("run", () => {
  it("cuts into batches, polls, and gives each request one result under its own id, whatever its id", () => {
    const { calls, created, handler } = counted(undefined, { duration: hour })
    return within(handler, (clock) =>
      Effect.gen(function*() {
        const odd = [request("with space"), request("ümläut"), request("x".repeat(64))]
        const results = yield* all([...many(25), ...odd], { requestsPerBatch: 10 })
        assert.strictEqual(created(), 3)
        assert.sameMembers(
          results.map((result) => result.customId),
          [...many(25), ...odd].map((one) => one.custom_id)
        )
        assert.isTrue(results.every((result) => result._tag === "Succeeded"))
        // Exponential to a minute: an hour of three batches is some 65 polls each.
        assert.isAtMost(calls.filter((call) => call === "GET /:id").length, 3 * 75)
        assert.isTrue(clock.now >= hour && clock.now < hour + 75_000, String(clock.now))
      }))
  })

  it("cuts by bytes too, and what is sent is what was given", () => {
    const bodies: Array<string> = []
    const { created, handler } = counted((received) => {
      bodies.push(received.body)
      return Routes.echo(received)
    })
    return within(handler, () =>
      Effect.gen(function*() {
        const requests = many(20)
        yield* all(requests, { bytesPerBatch: 2000 })
        assert.isAtLeast(created(), 2)
        assert.sameMembers(bodies, requests.map((one) => JSON.stringify(one.params)))
      }))
  })

  it("nested errors are our reasons; a rejected request is never sent; a refusal is a success", () => {
    const { handler } = counted((received) => {
      switch (textOf(received)) {
        case "bad":
          return Effect.succeed(Fault.invalidRequest("messages: no"))
        case "paid":
          return Effect.succeed(Fault.creditBalance())
        case "refused":
          return Effect.succeed(Reply.json(200, Reply.refusal()))
        default:
          return Routes.echo(received)
      }
    })
    return within(handler, () =>
      Effect.gen(function*() {
        const requests = [
          ...["bad", "paid", "refused", "ok"].map((id) => request(id)),
          request("zero", { max_tokens: 0 })
        ]
        const results = yield* all(requests)
        const reasons = new Map(
          results.map((result) => [result.customId, result._tag === "Errored" ? result.error.reason._tag : result._tag])
        )
        assert.deepStrictEqual(Object.fromEntries(reasons), {
          bad: "InvalidRequest",
          paid: "BillingBlocked",
          refused: "Succeeded",
          ok: "Succeeded",
          zero: "RequestRejected"
        })
      }))
  })

  it("an id that is used twice is rejected the second time and spoils no batch", () => {
    const { created, handler } = counted()
    return within(handler, () =>
      Effect.gen(function*() {
        const results = yield* all([...many(25), request("line-24"), request("line-20")], { requestsPerBatch: 10 })
        assert.strictEqual(results.filter((result) => result._tag === "Succeeded").length, 25)
        assert.deepStrictEqual(
          results.filter((result) => result._tag === "Errored").map((result) => result.customId).toSorted(),
          ["line-20", "line-24"]
        )
        assert.strictEqual(created(), 3)
      }))
  })

  it("what expired or may succeed yet is sent again, in batches of its own, at most three times", () => {
    const tries = new Map<string, number>()
    const { created, handler } = counted((received) => {
      const id = textOf(received)
      const count = (tries.get(id) ?? 0) + 1
      tries.set(id, count)
      if (id === "never") return Effect.succeed(Fault.overloaded())
      return count < 3 && id !== "once" ? Effect.succeed(Fault.internal()) : Routes.echo(received)
    })
    return within(handler, () =>
      Effect.gen(function*() {
        const results = yield* all(["once", "thrice", "never"].map((id) => request(id)))
        assert.deepStrictEqual(Object.fromEntries(tries), { once: 1, thrice: 3, never: 4 })
        assert.strictEqual(created(), 4)
        assert.deepStrictEqual(Object.fromEntries(byId(results)), {
          once: "Succeeded",
          thrice: "Succeeded",
          never: "Errored"
        })
        const never = results.find((result) => result.customId === "never")
        assert.deepStrictEqual(
          never?._tag === "Errored" && never.error.attempts.map((attempt) => attempt.reason),
          ["Overloaded", "Overloaded", "Overloaded", "Overloaded"]
        )
      }))
  })

  it("expired requests are sent again too, and told as expired at last", () => {
    const { created, handler } = counted(undefined, { duration: (batch) => (batch === 0 ? 36 : 72) * hour })
    return within(handler, () =>
      Effect.gen(function*() {
        const results = yield* all(many(3), { rounds: 1, poll: Schedule.spaced("1 hour") })
        assert.strictEqual(created(), 2)
        assert.deepStrictEqual(Object.fromEntries(byId(results)), {
          "line-0": "Succeeded",
          "line-1": "Succeeded",
          "line-2": "Expired"
        })
      }))
  })

  it("requests that cannot be given again keep the result they had", () => {
    const { created, handler } = counted(() => Effect.succeed(Fault.overloaded()))
    return within(handler, () =>
      Effect.gen(function*() {
        let runs = 0
        const once = Stream.suspend(() => runs++ === 0 ? Stream.fromIterable(many(3)) : Stream.empty)
        const results = yield* Stream.runCollect(MessageBatches.run(once))
        assert.deepStrictEqual(results.map((result) => result._tag), ["Errored", "Errored", "Errored"])
        assert.strictEqual(created(), 1)
      }))
  })

  it("a result file that breaks off anywhere is read again, and every result is told once", () => {
    const { created, handler } = counted()
    let reads = 0
    const breaking: Reply.Handler = (received) =>
      Effect.map(handler(received), (reply) => {
        if (!received.path.endsWith("/results")) return reply
        const faults = [
          Fault.cutAfterBytes(700),
          Fault.resetAfterEvents(3),
          Fault.cutAfterEvents(5),
          Fault.silenceAfterEvents(6)
        ]
        return faults[reads++]?.(reply) ?? reply
      })
    return within(breaking, () =>
      Effect.gen(function*() {
        const results = yield* all(many(20))
        assert.strictEqual(reads, 5)
        assert.strictEqual(created(), 1, "what was cut off is read again, not paid for again")
        assert.strictEqual(results.length, 20)
        assert.strictEqual(byId(results).size, 20)
      }))
  })

  it("a result file that lacks lines for good is given up after five reads; what it lacks is sent again", () => {
    const { calls, created, handler } = counted()
    const lacking: Reply.Handler = (received) =>
      Effect.map(handler(received), (reply) =>
        received.path.endsWith("/results") && created() === 1
          ? {
            ...reply,
            body: [...reply.body].slice(0, 17).map((chunk, n) => n === 3 ? { delay: 0, bytes: "{broken\n" } : chunk)
          }
          : reply)
    return within(lacking, () =>
      Effect.gen(function*() {
        const results = yield* all(many(20))
        assert.strictEqual(byId(results).size, 20)
        assert.strictEqual(created(), 2)
        assert.strictEqual(calls.filter((call) => call === "GET /:id/results").length, 1 + 5 + 1)
      }))
  })

  it("a result that is no message is no success: it is sent again", () => {
    let first = true
    const { created, handler } = counted()
    const strange: Reply.Handler = (received) =>
      Effect.map(handler(received), (reply) => {
        if (!received.path.endsWith("/results") || !first) return reply
        first = false
        const [line, ...rest] = reply.body
        const { custom_id } = JSON.parse(String(line?.bytes))
        const result = { type: "succeeded", message: { type: "error" } }
        return { ...reply, body: [{ delay: 0, bytes: `${JSON.stringify({ custom_id, result })}\n` }, ...rest] }
      })
    return within(strange, () =>
      Effect.gen(function*() {
        assert.isTrue((yield* all(many(3))).every((result) => result._tag === "Succeeded"))
        assert.strictEqual(created(), 2)
      }))
  })

  it("an API that is down for an hour while batches run costs nothing but time", () => {
    const { created, handler } = counted(undefined, { duration: 2 * hour })
    const down: Reply.Handler = (received) =>
      received.at > hour / 2 && received.at < 1.5 * hour
        ? Effect.succeed(Fault.resetBeforeHeaders(Fault.unavailable()))
        : handler(received)
    return within(down, () =>
      Effect.gen(function*() {
        assert.strictEqual((yield* all(many(5))).length, 5)
        assert.strictEqual(created(), 1)
      }))
  })
})

describe("create is not idempotent", () => {
  /** The batch is made, and its answer lost in one of the ways answers are lost. */
  const losing = (fault: Fault.Fault | Reply.Reply) => {
    const { created, handler } = counted(undefined, { duration: 60_000 })
    let lost = 0
    const lossy: Reply.Handler = (received) =>
      Effect.map(handler(received), (reply) => {
        if (received.method !== "POST" || lost++ > 0) return reply
        return typeof fault === "function" ? fault(reply) : fault
      })
    return { created, lossy }
  }
  const faults: ReadonlyArray<readonly [string, Fault.Fault | Reply.Reply]> = [
    ["a reset", Fault.resetBeforeHeaders],
    ["silence", Fault.silenceBeforeHeaders],
    ["a gateway's 504", Fault.gatewayTimeout()],
    ["a proxy's page", Fault.html()],
    ["200 and half a body", Fault.cutAfterBytes(20)],
    ["200 and a page", Fault.okHtml()]
  ]
  for (const [name, fault] of faults) {
    it(`G1 ${name} instead of the answer: the batch is found, not created again`, () => {
      const { created, lossy } = losing(fault)
      return within(lossy, () =>
        Effect.gen(function*() {
          assert.strictEqual((yield* all(many(4))).length, 4)
          assert.strictEqual(created(), 1)
        }))
    })
  }

  it("a create that never arrived is sent again, once it has been looked for long enough", () => {
    const { calls, created, handler } = counted()
    let lost = 0
    return within(
      (received) =>
        received.method === "POST" && lost++ === 0
          ? Effect.succeed(Fault.resetBeforeHeaders(Reply.json(200, {})))
          : handler(received),
      (clock) =>
        Effect.gen(function*() {
          assert.strictEqual((yield* all(many(4))).length, 4)
          assert.strictEqual(created(), 1)
          assert.isAtLeast(calls.filter((call) => call === "GET ").length, 7)
          assert.isAtLeast(clock.now, 30_000)
        })
    )
  })

  it("G1 a create whose answer is lost, and a key that stops working before it is found: the next run finds it", () => {
    const { created, handler } = counted()
    let isRevoked = false
    const revoked: Reply.Handler = (received) => {
      if (isRevoked) return Effect.succeed(Fault.unauthorized())
      isRevoked = received.method === "POST"
      return Effect.map(handler(received), (reply) => isRevoked ? Fault.resetBeforeHeaders(reply) : reply)
    }
    return within(revoked, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(all(many(4)))
        assert.strictEqual(error._tag === "ClaudeError" && error.reason._tag, "AuthenticationFailed")
        isRevoked = false
        assert.strictEqual((yield* all(many(4))).length, 4)
        assert.strictEqual(created(), 1)
      }))
  })

  it("a batch of somebody else of the same size is not taken for ours", () => {
    const { created, handler } = counted(undefined, { duration: 60_000 })
    let posts = 0
    const busy: Reply.Handler = (received) => {
      if (received.method !== "POST" || posts++ > 0) return handler(received)
      // Ours never arrives; at the same time somebody else creates one of the same requests.
      const body = JSON.stringify({ requests: many(4) })
      return Effect.as(
        handler({ ...received, body, json: JSON.parse(body) }),
        Fault.resetBeforeHeaders(Reply.json(200, {}))
      )
    }
    return within(busy, () =>
      Effect.gen(function*() {
        const results = yield* all(many(4))
        assert.strictEqual(results.length, 4)
        assert.strictEqual(created(), 2)
        const batches = yield* Stream.runCollect(MessageBatches.list())
        assert.strictEqual(batches.length, 2)
      }))
  })

  it("a create is never on its way twice, however slow, where other calls are hedged", () => {
    const { created, handler } = counted()
    let posts = 0
    const slow: Reply.Handler = (received) =>
      Effect.map(
        handler(received),
        (reply) => received.method === "POST" ? Fault.slowFirstByte(posts++ < 10 ? 100 : 20_000)(reply) : reply
      )
    return runHandler(slow, () =>
      Effect.gen(function*() {
        for (let n = 0; n < 11; n++) yield* MessageBatches.create(many(1))
        assert.strictEqual(created(), 11)
      }), { hedge: { warmUp: 5, shortest: 1 } })
  })

  it("a lost create is looked for also where the bulkhead has one place", () => {
    const { created, lossy } = losing(Fault.resetBeforeHeaders)
    return runHandler(lossy, () =>
      Effect.gen(function*() {
        assert.strictEqual((yield* all(many(4))).length, 4)
        assert.strictEqual(created(), 1)
      }).pipe(Effect.provide(BatchJournal.layerMemory)), { bulkhead: { concurrent: 1 } })
  })

  it("an SDK client without batches says so", () =>
    within(counted().handler, () =>
      Effect.gen(function*() {
        const sdk = { baseURL: "http://claude.test", messages: { create: () => assert.fail("nothing is sent") } }
        const error = yield* Effect.flip(MessageBatches.get("msgbatch_1")).pipe(
          Effect.provide(ClaudeClient.layerSdk(sdk).pipe(Layer.provide(Resilience.layer())))
        )
        assert.strictEqual(error.reason._tag, "InvalidRequest")
        assert.include(error.message, "no batches")
      })))

  it("create alone is not sent again after a lost answer", () => {
    const { created, lossy } = losing(Fault.resetBeforeHeaders)
    return within(lossy, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(MessageBatches.create(many(2)))
        assert.strictEqual(error.reason._tag, "ConnectionFailed")
        assert.strictEqual(error.attempts.length, 1)
        assert.strictEqual(created(), 1)
      }))
  })

  it("create alone is sent again after a refusal", () => {
    const { created, handler } = counted()
    let first = true
    const busy: Reply.Handler = (received) => {
      if (!first) return handler(received)
      first = false
      return Effect.succeed(Fault.rateLimited("requests", 5))
    }
    return within(busy, () =>
      Effect.map(MessageBatches.create(many(2)), (batch) => {
        assert.strictEqual(batch.request_counts.processing, 2)
        assert.strictEqual(created(), 1)
      }))
  })
})

describe("a crash", () => {
  /** Interrupts the run at its n-th request to the API, then runs again with the same journal. */
  const crashedAt = (step: number) => {
    const { created, handler } = counted(
      (received) => textOf(received) === "line-3" ? Effect.succeed(Fault.overloaded()) : Routes.echo(received),
      { duration: 60_000 }
    )
    let asked = 0
    return runHandler(
      (received) => {
        asked++
        const reply = handler(received)
        // At the crash the answer is lost, whatever was done.
        return asked === step ? Effect.andThen(reply, Effect.never) : reply
      },
      ({ clock }) =>
        Effect.gen(function*() {
          const taken = new Map<string, number>()
          const todo = Stream.fromIterable(many(8)).pipe(Stream.filter((one) => !taken.has(one.custom_id)))
          const once = MessageBatches.run(todo, { requestsPerBatch: 3, rounds: 1 }).pipe(
            Stream.runForEach((result) =>
              Effect.sync(() => void taken.set(result.customId, (taken.get(result.customId) ?? 0) + 1))
            )
          )
          const fiber = yield* Effect.forkChild(once)
          const isBefore = (): boolean => asked < step && fiber.pollUnsafe() === undefined
          while (isBefore()) yield* Effect.sleep(200)
          yield* Fiber.interrupt(fiber)
          yield* once
          assert.strictEqual(taken.size, 8, `crash at request ${step}`)
          assert.isTrue(Array.from(taken.values()).every((count) => count === 1), `crash at request ${step}`)
          return { created: created(), asked, at: clock.now }
        }).pipe(Effect.provide(BatchJournal.layerMemory))
    )
  }

  it("G1 at any request: every request has one result, and no batch that exists is created again", async () => {
    let step = 1
    for (;; step++) {
      const { asked, created } = await crashedAt(step)
      // Three batches, and one of the request that is overloaded for ever.
      assert.strictEqual(created, 4, `crash at request ${step}`)
      if (asked < step) break
    }
    assert.isAbove(step, 20)
  })

  it("interruption leaves the batches running; cancelOnInterrupt and cancelAll cancel them", () => {
    const { calls, handler } = counted(undefined, { duration: hour })
    const interrupted = (options: MessageBatches.Options) =>
      Effect.gen(function*() {
        const fiber = yield* Effect.forkChild(all(many(3), options))
        yield* Effect.sleep(10_000)
        const exit = yield* Effect.andThen(Fiber.interrupt(fiber), Fiber.await(fiber))
        assert.isTrue(Exit.hasInterrupts(exit))
        const [batch] = yield* Stream.runCollect(MessageBatches.list())
        return batch?.processing_status
      })
    return within(handler, () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* interrupted({}), "in_progress")
        assert.deepStrictEqual((yield* MessageBatches.cancelAll).map((batch) => batch.processing_status), ["canceling"])
        // The journal still knows it: its requests are not sent again, and each says what came of it.
        assert.isTrue((yield* all(many(3))).every((result) => result._tag === "Canceled"))
        assert.strictEqual(yield* interrupted({ cancelOnInterrupt: true }), "ended")
        assert.strictEqual(calls.filter((call) => call === "POST /:id/cancel").length, 2)
      }))
  })
})
