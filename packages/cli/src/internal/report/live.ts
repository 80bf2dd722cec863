/** The report of a run that goes on, at an address that only this machine reaches. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Http from "node:http"
import { BadInput, textOf } from "../problems.ts"
import type { Data } from "./data.ts"
import { main, page } from "./page.ts"
import { script } from "./script.ts"

/** Pages that are kept up to date at once. */
const mostListeners = 32

const event = (data: Data, name = "message"): string => `event: ${name}\ndata: ${JSON.stringify(main(data))}\n\n`

type Answer = readonly [status: number, type: string, body: string]

const answer = (path: string, data: () => Data): Answer => {
  switch (path) {
    case "/":
      return [200, "text/html; charset=utf-8", page(data(), true)]
    case "/live.js":
      return [200, "text/javascript; charset=utf-8", script]
    case "/data.json":
      return [200, "application/json", JSON.stringify(data())]
    default:
      return [404, "text/plain; charset=utf-8", "There is only the report at /, and its data at /data.json."]
  }
}

const listening = (server: Http.Server, port: number): Effect.Effect<number, BadInput> =>
  Effect.callback((resume) => {
    server.once("error", (cause) =>
      resume(Effect.fail(new BadInput({ problems: [`no page can be shown: ${textOf(cause)}`] }))))
    server.listen(port, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : port))
    })
  })

/** Its address. Until the scope ends it tells every second what changed, and at the end how it ended. */
export const live = (data: (isRunning: boolean) => Data, port = 0): Effect.Effect<string, BadInput, Scope.Scope> =>
  Effect.gen(function*() {
    const listeners = new Set<Http.ServerResponse>()
    let host = ""
    const server = Http.createServer((request, response) => {
      // Another site's name may lead here: what is shown is for whoever asked for this machine.
      if (request.headers.host !== host && request.headers.host !== host.replace("127.0.0.1", "localhost")) {
        response.writeHead(403).end()
      } else if (request.method !== "GET" && request.method !== "HEAD") response.writeHead(405).end()
      else if (request.url !== "/events") {
        const [status, type, body] = answer(request.url ?? "/", () => data(true))
        response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(body)
      } else if (listeners.size >= mostListeners) response.writeHead(503).end()
      else {
        response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" })
        response.write(event(data(true)))
        listeners.add(response)
        response.on("close", () => listeners.delete(response))
      }
    })
    const taken = yield* Effect.acquireRelease(listening(server, port), () =>
      Effect.sync(() => {
        for (const listener of listeners) listener.end(event(data(false), "end"))
        server.close()
        server.closeIdleConnections()
      }))
    host = `127.0.0.1:${taken}`
    const tell = Effect.sync(() => {
      if (listeners.size === 0) return
      const now = event(data(true))
      // Who does not read misses some; what comes next is whole again.
      for (const listener of listeners) if (!listener.writableNeedDrain) listener.write(now)
    })
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep("1 second"), tell)))
    return `http://${host}/`
  })
