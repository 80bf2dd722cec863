/**
 * Bounds on time without a fiber or a timer each: one fiber sleeps until the earliest of all bounds. A bound that is
 * lifted in time costs a heap entry; the heap is swept when more than half of it is dead.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"

/** A bound in force; `lift` ends it. */
export interface Bound {
  readonly lift: () => void
}

interface Entry extends Bound {
  readonly at: number
  fire: (() => void) | undefined
}

export interface Watchdog {
  /** Milliseconds that only grow, from anywhere: the Clock's time may be set while something is waited for. */
  readonly now: () => number
  /** Calls `fire` once when `millis` have passed, unless lifted before. Infinity: never. */
  readonly watch: (millis: number, fire: () => void) => Bound
}

/**
 * A bound that moves: setting it later than before costs nothing, because it fires once too early at most and then waits
 * for the rest.
 */
export class Alarm {
  private readonly watchdog: Watchdog
  private readonly ring: () => void
  private bound: Bound | undefined
  private armed = Infinity
  private until = Infinity

  constructor(watchdog: Watchdog, ring: () => void) {
    this.watchdog = watchdog
    this.ring = ring
  }

  /** Rings at this instant of the watchdog's time and not before; Infinity: never. */
  set(until: number): void {
    this.until = until
    if (until >= this.armed) return
    this.bound?.lift()
    this.arm()
  }

  /** Ends it; it may be set again. */
  lift(): void {
    this.bound?.lift()
    this.bound = undefined
    this.armed = Infinity
    this.until = Infinity
  }

  private arm(): void {
    this.armed = this.until
    this.bound = this.watchdog.watch(this.until - this.watchdog.now(), () => {
      this.armed = Infinity
      if (this.until > this.watchdog.now()) {
        if (this.until < Infinity) this.arm()
      } else this.ring()
    })
  }
}

/** With no bound in force nothing sleeps for longer, so that bounds which were lifted keep no process alive. */
const rest = 1000

/** In a millisecond. */
const nanos = 1e6

const never: Bound = { lift: () => {} }

export const make: Effect.Effect<Watchdog, never, Scope.Scope> = Effect.gen(function*() {
  const clock = yield* Clock.Clock
  const steady = (): number => Number(clock.monotonicTimeNanosUnsafe()) / nanos
  const run = Effect.runForkWith(yield* Effect.context<never>())
  const heap: Array<Entry> = []
  let dead = 0
  let driving = false
  let driver: Fiber.Fiber<void> | undefined
  let target = Infinity

  const down = (from: number): void => {
    const entry = heap[from]
    if (entry === undefined) return
    let at = from
    for (;;) {
      const left = 2 * at + 1
      const right = left + 1
      const smaller = right < heap.length && heap[right]!.at < heap[left]!.at ? right : left
      if (smaller >= heap.length || heap[smaller]!.at >= entry.at) break
      heap[at] = heap[smaller]!
      at = smaller
    }
    heap[at] = entry
  }
  const up = (from: number): void => {
    const entry = heap[from]!
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (heap[parent]!.at <= entry.at) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = entry
  }
  const pop = (): void => {
    const last = heap.pop()
    if (last !== undefined && heap.length > 0) {
      heap[0] = last
      down(0)
    }
  }
  const sweep = (): void => {
    let kept = 0
    for (const entry of heap) if (entry.fire !== undefined) heap[kept++] = entry
    heap.length = kept
    dead = 0
    for (let at = (kept >> 1) - 1; at >= 0; at--) down(at)
  }

  const drive: Effect.Effect<void> = Effect.suspend(() => {
    const now = steady()
    driving = true
    for (let head = heap[0]; head !== undefined && (head.fire === undefined || head.at <= now); head = heap[0]) {
      pop()
      const { fire } = head
      head.fire = undefined
      if (fire === undefined) dead--
      else fire()
    }
    driving = false
    if (dead === heap.length) sweep()
    const head = heap[0]
    if (head === undefined) {
      target = Infinity
      driver = undefined
      return Effect.void
    }
    target = head.at
    return Effect.flatMap(clock.sleep(Duration.millis(head.at - now)), () => drive)
  })

  const start = (): void => {
    driver?.interruptUnsafe()
    target = heap[0]!.at
    driver = run(drive)
  }

  /** Every bound was lifted. */
  const settle = (): void => {
    const at = steady() + rest
    if (driving || target <= at) return
    driver?.interruptUnsafe()
    target = at
    driver = run(Effect.andThen(clock.sleep(Duration.millis(rest)), drive))
  }

  yield* Effect.addFinalizer(() => Effect.suspend(() => driver === undefined ? Effect.void : Fiber.interrupt(driver)))

  return {
    now: steady,
    watch: (millis, fire) => {
      if (millis === Infinity) return never
      const entry: Entry = {
        at: steady() + millis,
        fire,
        lift: () => {
          if (entry.fire === undefined) return
          entry.fire = undefined
          dead++
          if (dead === heap.length) settle()
          else if (dead > 64 && dead * 2 > heap.length) sweep()
        }
      }
      heap.push(entry)
      up(heap.length - 1)
      if (entry.at < target) start()
      return entry
    }
  }
})
