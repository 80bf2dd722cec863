/** The server: a handler behind a real socket on loopback, or behind an in-process `fetch` on Effect's Clock. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { listen } from "./internal/http.ts"
import * as Local from "./internal/inProcess.ts"
import type { Handler, Received } from "./Reply.ts"
import * as Routes from "./Routes.ts"

/** A request and how it ended: sent whole, left by the client, or reset by us; `pending` while it is being answered. */
export interface Recorded extends Received {
  readonly outcome: "pending" | "sent" | "aborted" | "reset"
  /** The status of the reply, undefined until the handler made one. */
  readonly status: number | undefined
}

export class FaultServer extends Context.Service<FaultServer, {
  readonly url: string
  readonly port: number
  /** Every request so far, up to the bound. */
  readonly requests: Effect.Effect<ReadonlyArray<Recorded>>
  readonly setHandler: (handler: Handler) => Effect.Effect<void>
  /** Closes every connection and stops listening: connections are refused until `up`. */
  readonly down: Effect.Effect<void>
  readonly up: Effect.Effect<void>
}>()("@effect-claude/fault-server/FaultServer") {}

export interface Options {
  /** Default: any free one. */
  readonly port?: number
  /** Requests that are recorded at most; default 100,000. */
  readonly maxRecorded?: number
}

/** A server on 127.0.0.1 for as long as the scope lives. */
export const make = (
  handler: Handler = Routes.make(),
  options: Options = {}
): Effect.Effect<FaultServer["Service"], never, Scope.Scope> => listen(handler, options)

/** The same as a layer. */
export const layer = (handler?: Handler, options?: Options): Layer.Layer<FaultServer> =>
  Layer.effect(FaultServer, make(handler, options))

/** A server without a socket. */
export interface InProcess {
  readonly fetch: typeof globalThis.fetch
  readonly requests: FaultServer["Service"]["requests"]
  readonly setHandler: FaultServer["Service"]["setHandler"]
}

/**
 * The same rules and bytes without a socket, on the Clock of the fiber that makes it. A body moves only as fast as it is
 * read, so that what arrived before a fault is the same in every run.
 */
export const inProcess = (
  handler: Handler = Routes.make(),
  options: Pick<Options, "maxRecorded"> = {}
): Effect.Effect<InProcess> =>
  Effect.map(
    Effect.all([Effect.context<never>(), Clock.Clock]),
    ([context, clock]) => Local.inProcess(handler, context, clock, options)
  )

/** Only the `fetch` of `inProcess`. */
export const fetch = (handler: Handler = Routes.make()): Effect.Effect<typeof globalThis.fetch> =>
  Effect.map(inProcess(handler), (server) => server.fetch)
