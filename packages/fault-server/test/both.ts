/** One suite, run over a socket and in process. */
import { FaultServer } from "@effect-claude/fault-server"
import type { Reply } from "@effect-claude/fault-server"
import { Effect } from "effect"
import type { Scope } from "effect"

export interface Target {
  readonly fetch: typeof fetch
  readonly url: string
  readonly requests: FaultServer.FaultServer["Service"]["requests"]
}

export interface Way {
  readonly name: string
  readonly serve: (handler: Reply.Handler) => Effect.Effect<Target, never, Scope.Scope>
}

export const socket: Way = {
  name: "socket",
  serve: (handler) => Effect.map(FaultServer.make(handler), (server) => ({ ...server, fetch: globalThis.fetch }))
}

export const local: Way = {
  name: "in process",
  serve: (handler) => Effect.map(FaultServer.inProcess(handler), (server) => ({ ...server, url: "http://fault.test" }))
}

export const ways: ReadonlyArray<Way> = [socket, local]

/** What came of one request: headers without those that only a connection has, and every byte that arrived. */
export interface Seen {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** How it failed: the error's name and the code of its cause, at the headers or in the body. */
  readonly failed: string | undefined
}

const transport = new Set(["connection", "keep-alive", "transfer-encoding", "date"])

const failure = (at: string, error: unknown): string => {
  if (!(error instanceof Error)) return `${at}: ${String(error)}`
  const cause = error.cause instanceof Error && "code" in error.cause ? ` (${String(error.cause.code)})` : ""
  return `${at}: ${error.name}: ${error.message}${cause}`
}

const count = (text: string): number => text.split("\n\n").length - 1

/** Reads to the end, or leaves once so many events have arrived. */
export const see = async (target: Target, leaveAfter = Infinity): Promise<Seen> => {
  const controller = new AbortController()
  let response: Response
  try {
    response = await target.fetch(`${target.url}/v1/messages`, {
      method: "POST",
      body: `{"model":"claude-sonnet-5-5"}`,
      signal: controller.signal
    })
  } catch (error) {
    return { status: undefined, headers: {}, body: "", failed: failure("headers", error) }
  }
  const decoder = new TextDecoder()
  const reader = response.body?.getReader()
  let body = ""
  let failed: string | undefined
  const read = async (): Promise<void> => {
    if (count(body) >= leaveAfter) controller.abort()
    const next = await reader?.read()
    if (next === undefined || next.done) return
    body += decoder.decode(next.value, { stream: true })
    return read()
  }
  await read().catch((error: unknown) => {
    failed = failure("body", error)
  })
  const headers = Object.fromEntries(Array.from(response.headers).filter(([name]) => !transport.has(name)))
  return { status: response.status, headers, body, failed }
}

/** Waits for a record to leave `pending`, turn by turn of the event loop. */
export const outcomes = (target: Target): Effect.Effect<ReadonlyArray<string>> =>
  Effect.flatMap(target.requests, (requests) =>
    requests.some((request) => request.outcome === "pending")
      ? Effect.andThen(Effect.promise(() => new Promise<void>((next) => setImmediate(next))), outcomes(target))
      : Effect.succeed(requests.map((request) => request.outcome)))
