/** Progress on standard error: a bar on a terminal, one JSON line a second elsewhere. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Tally from "./tally.ts"

const width = 30

const time = (millis: number): string => {
  const seconds = Math.round(millis / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`
}

const bar = (tally: Tally.Tally, elapsed: number): string => {
  const done = Tally.done(tally)
  const share = tally.total === 0 ? 1 : done / tally.total
  const full = Math.round(share * width)
  const begun = Math.min(width - full, Math.round(tally.answered / Math.max(1, tally.total) * width))
  const here = done - tally.before
  const left = here === 0 ? "" : `, ${time(elapsed / here * (tally.total - done))} left`
  const errored = tally.errored === 0 ? "" : `, ${tally.errored} errored`
  return `${"█".repeat(full)}${"▒".repeat(begun)}${
    "░".repeat(width - full - begun)
  } ${done}/${tally.total}${errored}, ` +
    `${tally.inFlight} in flight, ${time(elapsed)}${left}`
}

/** Shows the tally until the scope ends. */
export const show = (tally: Tally.Tally): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function*() {
    const clock = yield* Clock.Clock
    const start = clock.currentTimeMillisUnsafe()
    const { stderr } = process
    const draw = Effect.sync(() => {
      const elapsed = clock.currentTimeMillisUnsafe() - start
      if (stderr.isTTY) stderr.write(`\r\u001b[K${bar(tally, elapsed)}`)
      else {
        const { answered, errored, inFlight, requests, succeeded, total } = tally
        const line = {
          done: Tally.done(tally),
          total,
          succeeded,
          errored,
          inFlight,
          answered,
          requests,
          elapsed: Math.round(elapsed)
        }
        stderr.write(`${JSON.stringify(line)}\n`)
      }
    })
    const every = Duration.millis(stderr.isTTY ? 200 : 1000)
    yield* Effect.addFinalizer(() => Effect.andThen(draw, Effect.sync(() => stderr.isTTY && stderr.write("\n"))))
    yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(every), draw)))
  })
