/** The pool of connections: one per runtime, whatever clients are built on it. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type LeanFetch, loadPool, make } from "./leanFetch.ts"

/** Connections per origin at most. */
const connections = 1024

export class Sockets extends Context.Service<Sockets, {
  /** A `fetch` whose connections must stand within so many milliseconds; undefined where there is no Node. */
  readonly fetch: (connect: number) => Effect.Effect<typeof globalThis.fetch | undefined>
}>()("effect-claude/client/internal/sockets") {}

export const layer: Layer.Layer<Sockets> = Layer.effect(
  Sockets,
  Effect.gen(function*() {
    // Loaded when the first client needs it: a client with a fetch of its own never does.
    const loaded = yield* Effect.cached(Effect.promise(loadPool))
    const made = new Map<number, LeanFetch>()
    yield* Effect.addFinalizer(() =>
      Effect.promise(() => Promise.all(Array.from(made.values(), (lean) => lean.close())))
    )
    return Sockets.of({
      fetch: (connect) =>
        Effect.map(loaded, (Pool) => {
          if (Pool === undefined) return undefined
          let lean = made.get(connect)
          if (lean === undefined) made.set(connect, lean = make(Pool, { connect, connections }))
          return lean.fetch
        })
    })
  })
)
