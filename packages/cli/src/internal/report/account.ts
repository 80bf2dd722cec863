/** The account of a run at any instant of it: as a report for people, and as the data of its page. */
import type { ClaudeRateLimiter } from "effect-claude"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { basename } from "node:path"
import type { Options } from "../../bulk.ts"
import type { Run } from "../line.ts"
import type { BadInput } from "../problems.ts"
import * as Report from "../report.ts"
import type { Data } from "./data.ts"
import { live } from "./live.ts"
import { settingsOf } from "./settingsOf.ts"

export class Account {
  private readonly run: Run
  private readonly options: Options
  private states: ReadonlyArray<ClaudeRateLimiter.LimitState> = []

  constructor(run: Run, options: Options) {
    this.run = run
    this.options = options
  }

  report(): Report.Report {
    const { recorder } = this.run.tally
    return Report.make(this.run.tally, recorder.now() - recorder.started, this.states, this.run.why)
  }

  data(isRunning: boolean): Data {
    const { recorder } = this.run.tally
    return {
      version: 1,
      title: basename(this.options.out),
      noun: "lines",
      started: recorder.started,
      now: recorder.now(),
      isRunning,
      totals: this.report(),
      settings: settingsOf(this.options),
      ...recorder.told
    }
  }

  /** How the limiter stands; what is on its way in batches is the tally's to know. */
  sample(limiter: ClaudeRateLimiter.ClaudeRateLimiter["Service"]): Effect.Effect<void> {
    const isBatch = this.options.batch !== undefined && this.options.batch !== false
    return Effect.map(limiter.state, (states) => {
      const { inFlight, recorder } = this.run.tally
      this.states = states
      recorder.sample(states, isBatch ? inFlight : undefined)
    })
  }

  /** Samples each second until the scope ends, and shows the page meanwhile where that is asked for. */
  keep(limiter: ClaudeRateLimiter.ClaudeRateLimiter["Service"]): Effect.Effect<void, BadInput, Scope.Scope> {
    return Effect.gen({ self: this }, function*() {
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(this.sample(limiter), Effect.sleep("1 second"))))
      if (this.options.watch !== true) return
      const address = yield* live((isRunning) => this.data(isRunning))
      yield* Effect.sync(() => process.stderr.write(`Watch it at ${address}\n`))
    })
  }
}
