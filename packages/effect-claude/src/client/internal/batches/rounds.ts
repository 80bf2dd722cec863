/**
 * A run of many requests through batches. Each pass over the requests sends what no batch has; what expired or may succeed
 * yet is sent by the next pass.
 */
import * as Effect from "effect/Effect"
import type * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as ClaudeError from "../../../errors/ClaudeError.ts"
import type { BatchJournal } from "../../BatchJournal.ts"
import type { Batches, MessageBatch, Request, Result } from "./api.ts"
import * as Chunks from "./chunks.ts"
import { Creating, type CreatingSettings, type Failure } from "./creating.ts"
import { follow, type Following, type Live } from "./follow.ts"
import * as Known from "./known.ts"
import * as Pace from "./pace.ts"
import { Recent } from "./recent.ts"

export interface Settings extends CreatingSettings {
  readonly poll: Schedule.Schedule<unknown, MessageBatch | undefined>
  readonly rounds: number
  readonly sendAgain: (result: Result) => boolean
  readonly bounds: Chunks.Bounds
  readonly concurrency: number
}

/** A request that is to be sent once more, with what became of it. */
interface Again {
  readonly round: number
  readonly result: Result
  readonly attempts: ReadonlyArray<ClaudeError.Attempt>
}

const usedBefore = new ClaudeError.RequestRejected({
  violations: [{
    path: "custom_id",
    rule: "batch",
    message: "The id was used before.",
    fix: "Give every request an id of its own."
  }]
})

const attemptsOf = (result: Result): ReadonlyArray<ClaudeError.Attempt> =>
  result._tag === "Errored" ? result.error.attempts : []

export class Rounds {
  private readonly api: Batches
  private readonly journal: BatchJournal["Service"]
  private readonly settings: Settings
  private readonly creating: Creating
  private readonly following: Following
  /** Requests that a batch of the journal has. */
  private readonly owner: Map<string, Known.Known>
  private readonly resumed = new Map<Known.Known, Live>()
  private readonly recent: Recent
  private readonly again = new Map<string, Again>()
  /** Batches whose results are awaited. */
  readonly live = new Set<Live>()
  /** Requests that the pass has sent again. */
  private due = 0

  constructor(api: Batches, journal: BatchJournal["Service"], settings: Settings, knowledge: Known.Knowledge) {
    this.api = api
    this.journal = journal
    this.settings = settings
    this.creating = new Creating(api, journal, settings, knowledge)
    this.recent = new Recent(settings.bounds.requests)
    this.owner = Known.owners(knowledge)
    this.following = { api, pace: Pace.make(settings.poll), onBatch: settings.onBatch }
  }

  /** The results of one batch that are final; the others are remembered for the next pass. */
  private results(live: Live): Stream.Stream<Result, Failure> {
    const { again, live: all, settings } = this
    const { known, left } = live
    const final = (result: Result): Result | undefined => {
      const before = again.get(result.customId)
      const attempts = [...before?.attempts ?? [], ...attemptsOf(result)]
      if (settings.sendAgain(result) && known.round < settings.rounds) {
        again.set(result.customId, { round: known.round + 1, result, attempts })
        return undefined
      }
      again.delete(result.customId)
      return result._tag === "Errored"
        ? { ...result, error: ClaudeError.withAttempts(result.error, attempts) }
        : result
    }
    const wanted = left.size
    /** What a batch has no result of is sent again; if it has none of ours, it was never ours. */
    const rest = Stream.suspend(() => {
      all.delete(live)
      const round = left.size === wanted ? known.round : known.round + 1
      const lost: Array<Result> = []
      for (const customId of left) {
        const result: Result = { _tag: "Expired", customId }
        const attempts = again.get(customId)?.attempts ?? []
        if (round <= settings.rounds) again.set(customId, { round, result, attempts })
        else lost.push(result)
      }
      return Stream.fromIterable(lost)
    })
    return Stream.suspend(() => {
      all.add(live)
      return follow(this.following, live).pipe(
        Stream.map(final),
        Stream.filter((result) => result !== undefined),
        Stream.concat(rest)
      )
    })
  }

  private rejected(request: Request): Result | undefined {
    // The mark makes any id one that the API takes, but not one that is there twice.
    const reason = this.recent.add(request.custom_id)
      ? this.api.check({ custom_id: "id", params: request.params })
      : usedBefore
    return reason === undefined ? undefined : {
      _tag: "Errored",
      customId: request.custom_id,
      error: new ClaudeError.ClaudeError({ method: "batch", reason, attempts: [] })
    }
  }

  /** Requests that a batch of the journal has are awaited there. */
  private resume({ custom_id: id }: Request): void {
    const known = this.owner.get(id)
    if (known?.candidates === undefined || known.candidates.length === 0) return
    let live = this.resumed.get(known)
    if (live === undefined) this.resumed.set(known, live = { known, left: new Set() })
    live.left.add(id)
  }

  /** One pass over the requests: batches of an earlier run are awaited, and what no batch has is sent. */
  private pass<E, R>(requests: Stream.Stream<Request, E, R>, isFirst: boolean): Stream.Stream<Result, Failure | E, R> {
    const { again, resumed, settings } = this
    const refused: Array<Result> = []
    let round = 0
    this.due = 0
    const isDue = (request: Request): boolean => {
      if (!isFirst) {
        const sentBefore = again.get(request.custom_id)
        if (sentBefore === undefined) return false
        this.due++
        round = Math.max(round, sentBefore.round)
        return true
      }
      const known = this.owner.get(request.custom_id)
      if (known !== undefined && resumed.has(known)) return false
      const wrong = this.rejected(request)
      if (wrong !== undefined) refused.push(wrong)
      return wrong === undefined
    }
    const told = Stream.suspend(() => Stream.fromIterable(refused.splice(0)))
    const created = requests.pipe(
      Stream.filter(isDue),
      Chunks.chunks(settings.bounds),
      Stream.mapEffect((chunk) => this.creating.create(chunk, round))
    )
    return Stream.concat(isFirst ? Stream.fromIterable(Array.from(resumed.values())) : Stream.empty, created).pipe(
      Stream.flatMap((live) => Stream.concat(told, this.results(live)), { concurrency: settings.concurrency }),
      Stream.concat(told)
    )
  }

  run<E, R>(requests: Stream.Stream<Request, E, R>): Stream.Stream<Result, Failure | E, R> {
    const passes = (isFirst: boolean): Stream.Stream<Result, Failure | E, R> =>
      Stream.concat(
        this.pass(requests, isFirst),
        Stream.suspend(() => {
          if (this.again.size > 0 && (isFirst || this.due > 0)) return passes(false)
          // What is no longer among the requests cannot be sent again.
          const left = Array.from(this.again.values(), (again) => again.result)
          return Stream.concat(Stream.fromIterable(left), Stream.fromEffectDrain(this.journal.clear))
        })
      )
    // Read once more before anything is created, so that what an earlier run left is awaited meanwhile.
    const scanned = Effect.suspend(() =>
      this.owner.size === 0
        ? Effect.void
        : Stream.runForEach(requests, (request) => Effect.sync(() => this.resume(request)))
    )
    return Stream.concat(
      Stream.fromEffectDrain(Effect.andThen(this.creating.resolve, scanned)),
      Stream.suspend(() => passes(true))
    )
  }
}
