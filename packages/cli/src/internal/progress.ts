/** Progress on standard error: a bar on a terminal, one JSON line a second elsewhere. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Standing } from "./queue/queue.ts"
import * as Tally from "./tally.ts"
import { inShort, inWords, isOnlyFailing, time } from "./waiting.ts"

const width = 30

const bar = (tally: Tally.Tally, elapsed: number, isStuck: boolean): string => {
  const done = Tally.done(tally)
  const share = tally.total === 0 ? 1 : done / tally.total
  const full = Math.round(share * width)
  const begun = Math.min(width - full, Math.round(tally.answered / Math.max(1, tally.total) * width))
  const here = done - tally.before
  const left = here === 0 || isStuck ? "" : `, ${time(elapsed / here * (tally.total - done))} left`
  const errored = tally.errored === 0 ? "" : `, ${tally.errored} errored`
  return `${"█".repeat(full)}${"▒".repeat(begun)}${
    "░".repeat(width - full - begun)
  } ${done}/${tally.total}${errored}, ` +
    `${tally.inFlight} in flight, ${time(elapsed)}${left}`
}

/** Fits a line of the terminal: a longer one would wrap, and stay. */
const fitting = (text: string, columns: number | undefined): string => text.slice(0, Math.max(20, (columns ?? 80) - 1))

/** Shows the tally until the scope ends; `standing`: of the queue, where there is one. */
export const show = (
  tally: Tally.Tally,
  standing: () => Standing | undefined
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const start = clock.currentTimeMillisUnsafe()
    const { stderr } = process
    let explained = false
    const draw = Effect.sync(() => {
      const now = clock.currentTimeMillisUnsafe()
      const elapsed = now - start
      const stands = standing()
      const isStuck = stands !== undefined && isOnlyFailing(tally, stands)
      const words = stands && inWords(tally, stands, now)
      if (stderr.isTTY) {
        if (words !== undefined && isStuck && !explained) {
          explained = true
          stderr.write(`\r\u001b[K${words}\n`)
        }
        const waiting = stands === undefined ? "" : inShort(tally, stands, now)
        stderr.write(`\r\u001b[K${fitting(`${bar(tally, elapsed, isStuck)}${waiting}`, stderr.columns)}`)
      } else {
        const { answered, errored, inFlight, requests, succeeded, total } = tally
        const line = {
          done: Tally.done(tally),
          total,
          succeeded,
          errored,
          inFlight,
          answered,
          requests,
          elapsed: Math.round(elapsed),
          waiting: words
        }
        stderr.write(`${JSON.stringify(line)}\n`)
      }
    })
    const every = Duration.millis(stderr.isTTY ? 200 : 1000)
    yield* Effect.addFinalizer(() => Effect.andThen(draw, Effect.sync(() => stderr.isTTY && stderr.write("\n"))))
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(every), draw)))
  })
