// @effect-diagnostics globalTimersInEffect:off
/** The socket side: requests in, replies out, every socket closed with the scope. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Http from "node:http"
import type { FaultServer, Options } from "../FaultServer.ts"
import type { Handler, Received, Reply } from "../Reply.ts"
import * as Record from "./record.ts"
import * as Serve from "./serve.ts"

/** Milliseconds for what was written to reach the client before the reset overtakes it. */
const beforeReset = 5

const headersOf = (message: Http.IncomingMessage): Record<string, string> => {
  const headers: Record<string, string> = {}
  for (const name in message.headers) headers[name] = String(message.headers[name])
  return headers
}

const write = (response: Http.ServerResponse, bytes: string | Uint8Array): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (response.write(bytes)) return resume(Effect.void)
    const drained = (): void => resume(Effect.void)
    response.once("drain", drained)
    return Effect.sync(() => response.off("drain", drained))
  })

interface Progress {
  chunks: number
  reset: boolean
}

const reset = (response: Http.ServerResponse, progress: Progress, after: number): Effect.Effect<void> =>
  Effect.callback((resume) => {
    const timer = setTimeout(() => {
      progress.reset = true
      response.socket?.resetAndDestroy()
      resume(Effect.void)
    }, after)
    return Effect.sync(() => clearTimeout(timer))
  })

const finish = (
  response: Http.ServerResponse,
  status: number,
  headers: Http.OutgoingHttpHeaders,
  whole: string | Uint8Array
): void => {
  headers["content-length"] ??= Buffer.byteLength(whole)
  response.writeHead(status, headers)
  response.end(whole)
}

const send = Effect.fnUntraced(
  function*(response: Http.ServerResponse, reply: Reply, date: () => string, progress: Progress) {
    if (reply.delay > 0) yield* Effect.sleep(Duration.millis(reply.delay))
    if (reply.begin === "silence") return yield* Effect.never
    if (reply.begin === "reset") return yield* reset(response, progress, 0)
    const headers = { date: date(), ...reply.headers }
    const whole = Serve.whole(reply)
    if (whole !== undefined) return finish(response, reply.status, headers, whole)
    response.writeHead(reply.status, headers)
    response.flushHeaders()
    for (const chunk of reply.body) {
      if (chunk.delay > 0) yield* Effect.sleep(Duration.millis(chunk.delay))
      yield* write(response, chunk.bytes)
      progress.chunks++
    }
    if (reply.end === "silence") return yield* Effect.never
    if (reply.end === "reset") return yield* reset(response, progress, beforeReset)
    response.end()
  }
)

const listening = (server: Http.Server, port: number): Effect.Effect<number> =>
  Effect.callback((resume) => {
    const failed = (error: Error): void => resume(Effect.die(error))
    server.once("error", failed)
    server.listen(port, "127.0.0.1", () => {
      server.off("error", failed)
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port))
    })
  })

const closed = (server: Http.Server): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (!server.listening) return resume(Effect.void)
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })

export const listen = (
  initial: Handler,
  options: Options
): Effect.Effect<FaultServer["Service"], never, Scope.Scope> =>
  Effect.gen(function*() {
    const run = Effect.runForkWith(yield* Effect.context<never>())
    const clock = yield* Clock.Clock
    const recorder = Record.make(options.maxRecorded)
    const date = Serve.dates(clock)
    let handler = initial

    const received = (message: Http.IncomingMessage, body: string): Received => {
      const url = message.url ?? "/"
      const query = url.indexOf("?")
      return {
        index: recorder.next(),
        at: clock.currentTimeMillisUnsafe(),
        method: message.method ?? "GET",
        path: query === -1 ? url : url.slice(0, query),
        query: query === -1 ? "" : url.slice(query),
        headers: headersOf(message),
        body,
        json: Serve.parse(body)
      }
    }

    const answer = (message: Http.IncomingMessage, response: Http.ServerResponse, body: string): void => {
      const entry = recorder.open(received(message, body))
      const progress: Progress = { chunks: 0, reset: false }
      let reply: Reply | undefined
      let fiber: Fiber.Fiber<void> | undefined
      let over = false
      const ended = (how: "sent" | "aborted"): void => {
        if (over) return
        over = true
        entry.outcome = progress.reset ? "reset" : how
        reply?.onEnd?.(how, progress.chunks)
      }
      response.on("finish", () => ended("sent"))
      response.on("close", () => {
        ended("aborted")
        fiber?.interruptUnsafe()
      })
      fiber = run(Effect.flatMap(Serve.answer(handler, entry), (made) => {
        reply = made
        entry.status = made.status
        const whole = made.delay > 0 ? undefined : Serve.whole(made)
        if (whole === undefined) return send(response, made, date, progress)
        finish(response, made.status, { date: date(), ...made.headers }, whole)
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
    const port = yield* Effect.acquireRelease(listening(server, options.port ?? 0), () => closed(server))
    return {
      url: `http://127.0.0.1:${port}`,
      port,
      requests: recorder.all,
      setHandler: (next) =>
        Effect.sync(() => {
          handler = next
        }),
      down: closed(server),
      up: Effect.asVoid(listening(server, port))
    }
  })
