/** The lines of a run, each a request of its own: so many workers take turns until no line is left. */
import type { ClaudeClient } from "effect-claude"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Ids } from "../ids.ts"
import * as Input from "../input.ts"
import { halt, line, paramsOf, type Run } from "../line.ts"
import type { BadInput, OutputFailed } from "../problems.ts"
import { Queue } from "./queue.ts"

/** The lines that have no result yet. */
export const queueOf = (run: Run, prompts: string, jobs: Stream.Stream<Input.Job, BadInput>, done: Ids) =>
  Effect.gen(function*() {
    const next = yield* Input.each(Stream.filter(jobs, (job) => !done.has(job.customId)))
    const again = yield* Input.reader(prompts)
    return new Queue({
      next,
      again: ({ customId, place }) => again(place, customId),
      laneOf: (job) => String(paramsOf(job, run.settings).model),
      now: run.tally.recorder.now,
      failedFirst: run.settings.deadline < Infinity
    })
  })

/** Ends when every line has its result, or the run stops. */
export const work = (
  run: Run,
  queue: Queue,
  concurrency: number
): Effect.Effect<void, OutputFailed, ClaudeClient.ClaudeClient> => {
  const { tally } = run
  // The file was good when it was checked. What the other workers have in flight is finished.
  const take = Effect.catchTag(queue.take, "BadInput", (error) => Effect.as(halt(run, error.message), undefined))
  const worker = Effect.gen(function*() {
    for (;;) {
      const turn = yield* take
      if (turn === undefined) return
      tally.inFlight++
      yield* Effect.ensuring(line(run, queue, turn), Effect.sync(() => void tally.inFlight--))
    }
  })
  const workers = Array.from({ length: Math.min(concurrency, tally.total - tally.before) }, () => worker)
  const closed = Effect.flatMap(Deferred.await(run.stop), () => {
    queue.close()
    // The workers end by themselves.
    return Effect.never
  })
  return Effect.raceFirst(Effect.all(workers, { concurrency: "unbounded", discard: true }), closed)
}
