import { FaultServer, Reply, Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { ClaudeError } from "effect-claude"
import { spawn } from "node:child_process"
import { getEventListeners } from "node:events"
import { join } from "node:path"
import { alone, type Options, params, thrownBy } from "./ways.ts"

const message = Reply.message("one two three four five six seven eight nine ten")
const answer = Reply.stream(message, { deltaSize: 5 })
const events = Array.from(answer.body, ({ bytes }) => String(bytes))
const url = "http://claude.test/v1/messages"
const post = (more: object = {}): RequestInit => ({ method: "POST", body: JSON.stringify({ ...params, ...more }) })
const streamed = { "content-type": "text/event-stream" }

const encoded = (text: string) => new TextEncoder().encode(text)

/** Any bytes as a body, a piece at a time; `end`: what happens after them. */
interface End {
  readonly pull?: (controller: ReadableStreamDefaultController<Uint8Array>) => void | Promise<void>
  readonly cancel?: () => void | Promise<void>
}
const bodyOf = (pieces: ReadonlyArray<string>, end: End = {}) => {
  let at = 0
  return new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const piece = pieces[at++]
      if (piece !== undefined) return controller.enqueue(encoded(piece))
      return end.pull === undefined ? controller.close() : end.pull(controller)
    },
    ...(end.cancel === undefined ? {} : { cancel: end.cancel })
  }, { highWaterMark: 0 })
}

const reasonOf = (thrown: unknown) => ClaudeError.reasonOf((thrown as Error).cause)

describe("the caller's signal", () => {
  it("B6 has fired already: nothing is sent, and the reason is its own", () => {
    let sent = 0
    const inner = () => {
      sent++
      return Promise.resolve(Response.json(message))
    }
    return alone(inner, async ({ fetch }) => {
      const mine = new Error("mine")
      assert.strictEqual(await thrownBy(fetch(url, { ...post(), signal: AbortSignal.abort(mine) })), mine)
      assert.deepInclude(await thrownBy(fetch(url, { ...post(), signal: AbortSignal.abort() })), { name: "AbortError" })
      assert.strictEqual(sent, 0)
    })
  })

  it("B6 fires inside a call and inside a body, with a reason of its own", () =>
    alone(() => new Promise(() => {}), async ({ fetch, inFlight, sleep }) => {
      const controller = new AbortController()
      const mine = new Error("mine")
      const call = thrownBy(fetch(url, { ...post(), signal: controller.signal }))
      await sleep(1)
      controller.abort(mine)
      assert.strictEqual(await call, mine)
      // What ignores its signal has not ended, and keeps its place.
      assert.strictEqual(await inFlight(), 1)
    }).then(() =>
      alone(
        () =>
          Promise.resolve(
            new Response(bodyOf(events.slice(0, 6), { pull: () => new Promise(() => {}) }), { headers: streamed })
          ),
        async ({ fetch, sleep }) => {
          const controller = new AbortController()
          const mine = new Error("mine")
          const response = await fetch(url, { ...post({ stream: true }), signal: controller.signal })
          const reading = thrownBy(response.text())
          await sleep(1)
          controller.abort(mine)
          assert.strictEqual(await reading, mine)
        }
      )
    ))

  it("is listened to no longer than it takes", async () => {
    const { signal } = new AbortController()
    const asked: ReadonlyArray<readonly [RequestInit, () => Response]> = [
      [post(), () => Response.json(message)],
      [post({ stream: true }), () => new Response(bodyOf(events), { headers: streamed })],
      [post({ stream: true }), () => new Response(bodyOf(events.slice(0, -1)), { headers: streamed })],
      [post(), () => Response.json({}, { status: 400 })]
    ]
    for (const [init, reply] of asked) {
      await alone(() => Promise.resolve(reply()), async ({ fetch }) => {
        for (let n = 0; n < 3; n++) {
          const response = await fetch(url, { ...init, signal })
          await response.text().catch(() => "")
        }
      })
      assert.strictEqual(getEventListeners(signal, "abort").length, 0)
    }
  })

  it(
    "B6 fires at any moment of an answer: nothing is held and no request is left open",
    { timeout: 60_000 },
    async () => {
      const replies: ReadonlyArray<readonly [RequestInit, Reply.Reply]> = [
        [post(), Reply.json(200, message)],
        [post({ stream: true }), answer]
      ]
      for (const options of [{}, { hedge: { warmUp: 1, shortest: "1 milli" } }] satisfies ReadonlyArray<Options>) {
        for (const [init, reply] of replies) {
          for (let ticks = 0; ticks < 60; ticks++) {
            let requests: FaultServer.InProcess["requests"] = Effect.succeed([])
            const inner = Effect.map(FaultServer.inProcess(Script.always(reply)), (server) => {
              requests = server.requests
              return server.fetch
            })
            await alone(inner, async ({ fetch, inFlight, sleep }) => {
              await (await fetch(url, init)).text()
              const controller = new AbortController()
              const call = fetch(url, { ...init, signal: controller.signal }).then((response) => response.text())
              call.catch(() => {})
              for (let tick = 0; tick < ticks; tick++) await Promise.resolve()
              controller.abort()
              await call.catch((thrown: unknown) => assert.deepInclude(thrown, { name: "AbortError" }))
              await sleep(10)
              assert.strictEqual(await inFlight(), 0, `after ${ticks} ticks`)
            }, options)
            const outcomes = (await Effect.runPromise(requests)).map(({ outcome }) => outcome)
            assert.notInclude(outcomes, "pending", `after ${ticks} ticks`)
          }
        }
      }
    }
  )
})

describe("answers", () => {
  it("C9 a stream that was given up keeps its place until its request has really ended", () => {
    let release = (): void => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    const stubborn = () =>
      Promise.resolve(
        new Response(bodyOf(events.slice(0, 6), { pull: () => new Promise(() => {}), cancel: () => released }), {
          headers: streamed
        })
      )
    return alone(stubborn, async ({ fetch, inFlight, sleep }) => {
      const response = await fetch(url, post({ stream: true }))
      assert.deepInclude(reasonOf(await thrownBy(response.text())), { _tag: "TimedOut", phase: "idle" })
      assert.strictEqual(await inFlight(), 1)
      release()
      await sleep(1)
      assert.strictEqual(await inFlight(), 0)
    })
  })

  it("D4 of two that begin at once one is read, and the other is let go", () => {
    let sent = 0
    let left = 0
    const waiting: Array<() => void> = []
    const reply = () => new Response(bodyOf(events, { cancel: () => void left++ }), { headers: streamed })
    const inner = () =>
      sent++ === 0 ? Promise.resolve(reply()) : new Promise<Response>((resolve) => waiting.push(() => resolve(reply())))
    return alone(inner, async ({ fetch, inFlight, sleep }) => {
      await (await fetch(url, post({ stream: true }))).text()
      const call = fetch(url, post({ stream: true }))
      await sleep(1000)
      assert.strictEqual(waiting.length, 2)
      for (const answer of waiting) answer()
      assert.strictEqual(await (await call).text(), events.join(""))
      await sleep(1)
      assert.deepStrictEqual([left, await inFlight()], [1, 0])
    }, { hedge: { warmUp: 1, shortest: "1 milli" } })
  })

  it("A3 events where none were asked for are no answer", () =>
    alone(() => Promise.resolve(new Response(bodyOf(events), { headers: streamed })), async ({ fetch }) => {
      const response = await fetch(url, post())
      assert.strictEqual(response.status, 502)
    }))

  it("a request whose text cannot be read has policies all the same, and either kind of answer", async () => {
    const replies = [() => Response.json(message), () => new Response(bodyOf(events), { headers: streamed })]
    for (const reply of replies) {
      let sent = 0
      const inner = () => Promise.resolve(sent++ === 0 ? new Response("", { status: 529 }) : reply())
      await alone(inner, async ({ fetch }) => {
        const response = await fetch(url, { method: "POST", body: new Uint8Array([31, 139, 8, 0, 255]) })
        assert.strictEqual(response.status, 200)
        assert.include(await response.text(), "message")
        assert.strictEqual(sent, 2)
      })
    }
  })

  it("an address without a host, as a page has it, is known by its path", () => {
    let sent = 0
    const inner = () => Promise.resolve(sent++ === 0 ? new Response("", { status: 529 }) : Response.json(message))
    return alone(inner, async ({ fetch }) => {
      assert.strictEqual((await fetch("/proxy/v1/messages", post())).status, 200)
      assert.strictEqual(sent, 2)
    })
  })

  it("longer than 64 MiB is none", () => {
    const piece = "x".repeat(1024 * 1024)
    let left = false
    const endless = () =>
      Promise.resolve(
        new Response(
          bodyOf([], { pull: (controller) => controller.enqueue(encoded(piece)), cancel: () => void (left = true) })
        )
      )
    return alone(endless, async ({ fetch, inFlight }) => {
      const response = await fetch(url, post())
      assert.strictEqual(response.status, 502)
      assert.include(await response.text(), "longer than 64 MiB")
      assert.isTrue(left)
      assert.strictEqual(await inFlight(), 0)
    }, { maxAttempts: 1 })
  })

  it("words of a status that no response may be made with are left out", () => {
    const odd = Response.json(message)
    Object.defineProperty(odd, "statusText", { value: "日本" })
    return alone(() => Promise.resolve(odd), async ({ fetch }) => {
      const response = await fetch(url, post())
      assert.deepStrictEqual([response.status, response.statusText], [200, ""])
    })
  })

  it("a fetch that is broken rejects with what it threw, once", () => {
    let sent = 0
    const mine = new Error("mine")
    const broken = () => {
      sent++
      return Promise.reject(mine)
    }
    return alone(broken, async ({ fetch, inFlight }) => {
      assert.strictEqual(await thrownBy(fetch(url, post())), mine)
      assert.strictEqual(sent, 1)
      assert.strictEqual(await inFlight(), 0)
    }).then(() =>
      alone(() => {
        throw mine
      }, async ({ fetch, inFlight }) => {
        assert.strictEqual(await thrownBy(fetch(url, post())), mine)
        assert.strictEqual(await inFlight(), 0)
      })
    )
  })

  it("a clone, and what reads by pieces, get all of a stream", () =>
    alone(() => Promise.resolve(new Response(bodyOf(events), { headers: streamed })), async ({ fetch, inFlight }) => {
      const response = await fetch(url, post({ stream: true }))
      const copy = response.clone()
      assert.strictEqual(await response.text(), events.join(""))
      assert.strictEqual(await copy.text(), events.join(""))
      const again = await fetch(url, post({ stream: true }))
      let read = ""
      for await (const piece of again.body!) read += new TextDecoder().decode(piece)
      assert.strictEqual(read, events.join(""))
      assert.strictEqual(await inFlight(), 0)
    }))
})

/** How a program ends that asks once and disposes of nothing. */
const forgets = () =>
  Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const server = yield* FaultServer.make(Script.always(Reply.json(200, message)))
    return yield* Effect.promise(() =>
      new Promise<{ readonly code: number | null; readonly text: string }>((resolve) => {
        const child = spawn(process.execPath, [join(import.meta.dirname, "..", "fixtures", "forgets.ts"), server.url])
        let text = ""
        child.stdout.on("data", (piece) => text += piece)
        child.on("close", (code) => resolve({ code, text }))
      })
    )
  })))

it("a program that forgets to dispose ends all the same", { timeout: 30_000 }, async () => {
  assert.deepStrictEqual(await forgets(), { code: 0, text: "200\n" })
})
