/** The limits of one runtime: by key and name, each with the one timer that wakes its queue. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { Limit, type LimitSettings } from "./limit.ts"
import { Names } from "./names.ts"

export interface Entry {
  readonly name: string
  readonly limit: Limit
  timer: Fiber.Fiber<void> | undefined
  target: number
  /** A grant may run its caller at once, to its end and back into the limiter: one drain at a time, however deep. */
  draining: boolean
  again: boolean
}

export const entryOf = (name: string, limit: Limit): Entry => ({
  name,
  limit,
  timer: undefined,
  target: Infinity,
  draining: false,
  again: false
})

/** The limits of one runtime by key and name. */
export class Store extends Context.Service<Store, {
  readonly entry: (key: string, name: string, settings: LimitSettings) => Entry
  readonly entries: (key: string) => ReadonlyArray<Entry>
  /** Lets in whoever fits, and sets the one timer of the limit for the next. */
  readonly drain: (entry: Entry) => void
  /** Milliseconds of a time that never goes back, since the store was made. */
  readonly now: () => number
  /** By how much that is ahead of the Clock, which may be set back. */
  readonly ahead: () => number
}>()("effect-claude/policies/internal/limitStore/Store") {}

const makeNames = (now: () => number): Names<Entry> =>
  new Names({
    isUsed: ({ limit }) => limit.isUsed,
    isFresh: ({ limit }) => limit.isFresh(now()),
    forget: ({ timer }) => timer?.interruptUnsafe()
  })

/** A constant, so that it is built once per runtime whoever asks. */
export const storeMemory: Layer.Layer<Store> = Layer.effect(
  Store,
  Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const run = Effect.runForkWith(yield* Effect.context<never>())
    const keys = new Map<string, Names<Entry>>()
    // Counted from here on: numbers as small as these need no object of their own.
    let ahead = -clock.currentTimeMillisUnsafe()
    let last = 0
    const now = (): number => {
      const told = clock.currentTimeMillisUnsafe() + ahead
      if (told < last) ahead += last - told
      else last = told
      return last
    }
    const drain = (entry: Entry): void => {
      if (!entry.limit.mayLetIn) return
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
      ahead: () => ahead,
      drain,
      entries: (key) => keys.get(key)?.values() ?? [],
      entry: (key, name, settings) => {
        let entries = keys.get(key)
        if (entries === undefined) keys.set(key, entries = makeNames(now))
        const entry = entries.get(name) ?? entries.add(name, entryOf(name, new Limit(settings, now())))
        if (settings !== entry.limit.settings && entry.limit.restrict(settings, now())) {
          void run(Effect.logWarning(
            `Two limiters with the key ${key} say different numbers for ${name}: the lower ones hold.`
          ))
        }
        return entry
      }
    })
  })
)
