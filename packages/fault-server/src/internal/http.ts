// @effect-diagnostics globalTimersInEffect:off
/** The socket side: requests in, replies out, every socket closed with the scope. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import type { FaultServer, Options, Recorded } from "../FaultServer.ts"
import type { Handler, Received, Reply } from "../Reply.ts"

const defaultRecorded = 100_000

/** Time for what was written to reach the client before the reset overtakes it. */
const beforeReset = 5

const parse = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

const headersOf = (message: Http.IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(message.headers).map((
      [name, value]
    ) => [name, Array.isArray(value) ? value.join(", ") : value ?? ""])
  )

const write = (response: Http.ServerResponse, bytes: string | Uint8Array): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (response.write(bytes)) resume(Effect.void)
    else response.once("drain", () => resume(Effect.void))
  })

const reset = (response: Http.ServerResponse): Effect.Effect<void> =>
  Effect.callback((resume) => {
    setTimeout(() => {
      response.socket?.resetAndDestroy()
      resume(Effect.void)
    }, beforeReset)
  })

const send = Effect.fnUntraced(function*(response: Http.ServerResponse, reply: Reply, sent: () => void) {
  if (reply.delay > 0) yield* Effect.sleep(Duration.millis(reply.delay))
  if (reply.begin === "silence") return yield* Effect.never
  if (reply.begin === "reset") {
    response.socket?.resetAndDestroy()
    return
  }
  response.writeHead(reply.status, reply.headers)
  response.flushHeaders()
  for (const chunk of reply.body) {
    if (chunk.delay > 0) yield* Effect.sleep(Duration.millis(chunk.delay))
    yield* write(response, chunk.bytes)
    sent()
  }
  if (reply.end === "silence") return yield* Effect.never
  if (reply.end === "reset") return yield* reset(response)
  response.end()
})

/** A whole body without delays needs no fiber. */
const direct = (reply: Reply): string | Uint8Array | undefined => {
  if (reply.begin !== "answer" || reply.delay > 0 || reply.end !== "close" || !Array.isArray(reply.body)) {
    return undefined
  }
  const [chunk, second] = reply.body
  return second === undefined && chunk !== undefined && chunk.delay === 0 ? chunk.bytes : undefined
}

export const listen = (
  initial: Handler,
  options: Options
): Effect.Effect<FaultServer["Service"], never, Scope.Scope> =>
  Effect.gen(function*() {
    const run = Effect.runForkWith(yield* Effect.context<never>())
    const clock = yield* Clock.Clock
    const recorded: Array<{ -readonly [K in keyof Recorded]: Recorded[K] }> = []
    const bound = options.maxRecorded ?? defaultRecorded
    let handler = initial
    let arrived = 0

    const answer = (message: Http.IncomingMessage, response: Http.ServerResponse, body: string): void => {
      const url = new URL(message.url ?? "/", "http://localhost")
      const request: Received = {
        index: arrived++,
        at: clock.currentTimeMillisUnsafe(),
        method: message.method ?? "GET",
        path: url.pathname,
        query: url.search,
        headers: headersOf(message),
        body,
        json: parse(body)
      }
      const record: typeof recorded[number] = { ...request, outcome: "pending", status: undefined }
      if (recorded.length < bound) recorded.push(record)
      let chunks = 0
      let reply: Reply | undefined
      let fiber: Fiber.Fiber<void> | undefined
      let over = false
      const ended = (how: "sent" | "aborted"): void => {
        if (over) return
        over = true
        const broken = reply?.begin === "reset" || reply?.end === "reset"
        record.outcome = how === "sent" ? "sent" : broken ? "reset" : "aborted"
        reply?.onEnd?.(how, chunks)
      }
      response.on("finish", () => ended("sent"))
      response.on("close", () => {
        ended("aborted")
        fiber?.interruptUnsafe()
      })
      fiber = run(Effect.flatMap(handler(request), (made) => {
        reply = made
        record.status = made.status
        const whole = direct(made)
        if (whole === undefined) return send(response, made, () => chunks++)
        response.writeHead(made.status, made.headers)
        response.end(whole)
        return Effect.void
      }))
      if (response.destroyed) fiber.interruptUnsafe()
    }

    const server = Http.createServer({ keepAliveTimeout: 60_000 }, (message, response) => {
      const pieces: Array<Buffer> = []
      message.on("data", (piece: Buffer) => pieces.push(piece))
      message.on("error", () => {})
      message.on("end", () => answer(message, response, Buffer.concat(pieces).toString("utf8")))
    })
    const listening = (port: number): Effect.Effect<number> =>
      Effect.callback((resume) => {
        server.once("error", (error) => resume(Effect.die(error)))
        server.listen(port, "127.0.0.1", () => {
          // Listening on a host and port always has an address of this shape.
          resume(Effect.succeed((server.address() as AddressInfo).port))
        })
      })
    const closed: Effect.Effect<void> = Effect.callback((resume) => {
      if (!server.listening) return resume(Effect.void)
      server.close(() => resume(Effect.void))
      server.closeAllConnections()
    })
    const port = yield* Effect.acquireRelease(listening(options.port ?? 0), () => closed)
    return {
      url: `http://127.0.0.1:${port}`,
      port,
      requests: Effect.sync(() => recorded.map((record) => ({ ...record }))),
      setHandler: (next) =>
        Effect.sync(() => {
          handler = next
        }),
      down: closed,
      up: Effect.asVoid(listening(port))
    }
  })
