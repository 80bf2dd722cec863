/**
 * Callers who wait for a place in the limiter, against as many bare suspended fibers and Effect's own Semaphore: what one
 * of them holds, and what joining and leaving costs, let in one by one or cancelled. Interleaved; medians.
 */
import { Effect, Fiber, Semaphore } from "effect"
import { ClaudeRateLimiter } from "effect-claude"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { median, print } from "./table.ts"

const rounds = Number(process.env["ROUNDS"] ?? 5)
const sizes = [10_000, 100_000]
/** Its queue is searched from the start for each who leaves: with 100,000 that takes minutes. */
const mostOfSemaphore = 10_000

setFlagsFromString("--expose-gc")
const gc: () => void = runInNewContext("gc")

/** Somebody has a place; `join` waits for one and gives it back, `open` gives the first one back. */
interface Subject {
  readonly join: Effect.Effect<void, unknown>
  readonly open: Effect.Effect<void>
}
type Make = Effect.Effect<Subject>

/** A fiber that waits and is resumed, and can be cancelled: a generator, as every caller is. */
const bare: Make = Effect.sync(() => {
  const waiting: Array<(effect: Effect.Effect<void>) => void> = []
  return {
    join: Effect.gen(function*() {
      yield* Effect.callback<void>((resume) => {
        waiting.push(resume)
        return Effect.sync(() => {})
      })
      yield* Effect.sync(() => {})
    }),
    open: Effect.sync(() => {
      for (const resume of waiting) resume(Effect.void)
    })
  }
})

const semaphore: Make = Effect.gen(function*() {
  const one = Semaphore.makeUnsafe(1)
  yield* one.take(1)
  return {
    join: Effect.gen(function*() {
      yield* one.take(1)
      yield* one.release(1)
    }),
    open: Effect.asVoid(one.release(1))
  }
})

const limiter: Make = Effect.gen(function*() {
  const { reserve } = yield* ClaudeRateLimiter.ClaudeRateLimiter
  const request = { model: "m", inputTokens: 100 }
  const done = { _tag: "Interrupted" } as const
  const first = yield* reserve(request)
  return {
    join: Effect.gen(function*() {
      const held = yield* reserve(request)
      yield* held.settle(done)
    }),
    open: first.settle(done)
  }
}).pipe(
  Effect.orDie,
  Effect.provide(
    ClaudeRateLimiter.layer({ limits: { m: { inputTokensPerMinute: 1e9, concurrency: 1 } } }),
    { local: true }
  )
)

const subjects = { "bare fibers": bare, "the limiter": limiter, "Effect's Semaphore": semaphore }
type Name = keyof typeof subjects

interface Sample {
  /** Held by each who waits. */
  readonly bytes: number
  /** Of CPU for each, from joining to the end, in microseconds. */
  readonly drained: number
  readonly cancelled: number
}

const cpu = (from: NodeJS.CpuUsage): number => {
  const { system, user } = process.cpuUsage(from)
  return user + system
}

const heap = (): number => {
  gc()
  gc()
  return process.memoryUsage().heapUsed
}

const join = (subject: Subject, count: number) => {
  const fibers: Array<Fiber.Fiber<void, unknown>> = []
  for (let n = 0; n < count; n++) fibers.push(Effect.runFork(subject.join))
  return fibers
}

const leave = (subject: Subject, fibers: ReadonlyArray<Fiber.Fiber<void, unknown>>, cancels: boolean) =>
  cancels ? Fiber.interruptAll(fibers) : Effect.andThen(subject.open, Effect.forEach(fibers, Fiber.await))

/** What is held and what is spent are measured apart: to look at the heap costs what comes after it. */
const sample = (make: Make, count: number): Promise<Sample> =>
  Effect.runPromise(Effect.gen(function*() {
    const held = yield* make
    const before = heap()
    const waiting = join(held, count)
    const bytes = (heap() - before) / count
    yield* leave(held, waiting, true)
    const spent = []
    for (const cancels of [false, true]) {
      const subject = yield* make
      const from = process.cpuUsage()
      yield* leave(subject, join(subject, count), cancels)
      spent.push(cpu(from) / count)
    }
    return { bytes, drained: spent[0] ?? 0, cancelled: spent[1] ?? 0 }
  }))

/** Medians by subject and number of waiters. */
const compare = async (
  counts: ReadonlyArray<number>,
  rounds: number,
  names: ReadonlyArray<Name>
): Promise<{ readonly [name: string]: ReadonlyArray<Sample> }> => {
  const samples = new Map(names.map((name) => [name, counts.map((): Array<Sample> => [])]))
  for (let round = -1; round < rounds; round++) {
    for (const [at, count] of counts.entries()) {
      for (const name of names) {
        if (name === "Effect's Semaphore" && count > mostOfSemaphore) continue
        const one = await sample(subjects[name], count)
        // The first round warms up.
        if (round >= 0) samples.get(name)![at]!.push(one)
      }
    }
  }
  const middle = (all: ReadonlyArray<Sample>): Sample => ({
    bytes: median(all.map(({ bytes }) => bytes)),
    drained: median(all.map(({ drained }) => drained)),
    cancelled: median(all.map(({ cancelled }) => cancelled))
  })
  return Object.fromEntries(Array.from(samples, ([name, all]) => [name, all.map(middle)]))
}

export const waiters = async (): Promise<void> => {
  const all = await compare(sizes, rounds, ["bare fibers", "the limiter", "Effect's Semaphore"])
  const base = all["bare fibers"]!
  print(
    `${
      sizes.map((size) => size.toLocaleString("en")).join(" and ")
    } callers waiting (in brackets: multiples of bare fibers)`,
    ["", "waiters", "bytes each", "µs each, let in", "µs each, cancelled"],
    sizes.flatMap((size, at) =>
      Object.entries(all).map(([name, samples]) => {
        const cell = (measure: keyof Sample): string => {
          const value = samples[at]![measure]
          const times = (value / base[at]![measure]).toFixed(2)
          return Number.isFinite(value) ? `${value.toFixed(measure === "bytes" ? 0 : 2)} (${times})` : "-"
        }
        return [name, size, cell("bytes"), cell("drained"), cell("cancelled")]
      })
    )
  )
  const [few, many] = all["the limiter"]!
  const exponent = (measure: "drained" | "cancelled"): string =>
    (1 + Math.log10(many![measure] / few![measure])).toFixed(2)
  print("Growth exponent of the limiter's CPU from 10,000 to 100,000", ["let in", "cancelled"], [
    [exponent("drained"), exponent("cancelled")]
  ])
}

if (import.meta.main) await waiters()
