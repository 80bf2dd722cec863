/** The limits of one runtime: by key and name, each with the one timer that wakes its queue. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { Limit, type LimitSettings } from "./limit.ts"

export interface Entry {
  readonly name: string
  readonly limit: Limit
  timer: Fiber.Fiber<void> | undefined
  target: number
  /** A grant may run its caller at once, to its end and back into the limiter: one drain at a time, however deep. */
  draining: boolean
  again: boolean
}

/** The limits of one runtime by key and name. */
export class Store extends Context.Service<Store, {
  readonly entry: (key: string, name: string, settings: LimitSettings) => Entry
  readonly entries: (key: string) => ReadonlyArray<Entry>
  /** Lets in whoever fits, and sets the one timer of the limit for the next. */
  readonly drain: (entry: Entry) => void
  readonly now: () => number
}>()("effect-claude/policies/internal/limitStore/Store") {}

/** A constant, so that it is built once per runtime whoever asks. */
export const storeMemory: Layer.Layer<Store> = Layer.effect(
  Store,
  Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const run = Effect.runForkWith(yield* Effect.context<never>())
    const keys = new Map<string, Map<string, Entry>>()
    const now = (): number => clock.currentTimeMillisUnsafe()
    const drain = (entry: Entry): void => {
      entry.again = true
      if (entry.draining) return
      entry.draining = true
      let wait: number | undefined
      while (entry.again) {
        entry.again = false
        wait = entry.limit.drain(now())
      }
      entry.draining = false
      // Nobody waits any more: the last one may have been interrupted.
      if (wait === undefined && entry.limit.waiters.size === 0) {
        entry.timer?.interruptUnsafe()
        entry.timer = undefined
      }
      if (wait === undefined) return
      const target = now() + Math.max(1, Math.ceil(wait))
      if (entry.timer !== undefined && entry.target <= target) return
      entry.timer?.interruptUnsafe()
      entry.target = target
      const timer = run(Effect.flatMap(clock.sleep(Duration.millis(target - now())), () =>
        Effect.sync(() => {
          if (entry.timer === timer) entry.timer = undefined
          drain(entry)
        })))
      entry.timer = timer
    }
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        for (const entries of keys.values()) for (const entry of entries.values()) entry.timer?.interruptUnsafe()
      })
    )
    return Store.of({
      now,
      drain,
      entries: (key) => Array.from(keys.get(key)?.values() ?? []),
      entry: (key, name, settings) => {
        let entries = keys.get(key)
        if (entries === undefined) keys.set(key, entries = new Map())
        let entry = entries.get(name)
        if (entry === undefined) {
          entry = {
            name,
            limit: new Limit(settings, now()),
            timer: undefined,
            target: Infinity,
            draining: false,
            again: false
          }
          entries.set(name, entry)
        }
        return entry
      }
    })
  })
)
