/** What a server was asked and how it answered, as the data of the same page. */
import type { Reply } from "@effect-claude/fault-server"
import * as Effect from "effect/Effect"
import type { Data } from "./data.ts"
import { Recorder } from "./recorder.ts"

/** The reason a status stands for. */
const outcomeOf = (status: number): string => {
  switch (status) {
    case 401:
      return "AuthenticationFailed"
    case 404:
      return "NotFound"
    case 413:
      return "RequestTooLarge"
    case 429:
      return "RateLimited"
    case 529:
      return "Overloaded"
    default:
      return status >= 500 ? "ServerFailed" : "InvalidRequest"
  }
}

export class Served {
  private readonly recorder: Recorder
  private readonly settings: Data["settings"]
  private readonly title: string
  private readonly errored: Record<string, number> = {}
  private succeeded = 0
  private inFlight = 0

  constructor(now: () => number, title: string, settings: Data["settings"]) {
    this.recorder = new Recorder(now)
    this.title = title
    this.settings = settings
  }

  private ended(began: number, outcome: string | undefined): void {
    this.inFlight--
    if (outcome === undefined) {
      this.succeeded++
      this.recorder.answered(began)
    } else {
      this.errored[outcome] = (this.errored[outcome] ?? 0) + 1
      this.recorder.missed(outcome)
    }
    this.recorder.sample([], this.inFlight)
  }

  private outcome(reply: Reply.Reply, how: "sent" | "aborted"): string | undefined {
    if (reply.status >= 300) return outcomeOf(reply.status)
    if (reply.begin !== "answer") return "ConnectionFailed"
    return reply.end === "close" ? (how === "sent" ? undefined : "Interrupted") : "StreamInterrupted"
  }

  /** The same handler, watched. */
  readonly watch = (handler: Reply.Handler): Reply.Handler => (request) =>
    Effect.suspend(() => {
      const began = this.recorder.now()
      this.inFlight++
      this.recorder.sample([], this.inFlight)
      return Effect.gen({ self: this }, function*() {
        const reply = yield* Effect.onInterrupt(
          handler(request),
          () => Effect.sync(() => this.ended(began, "Interrupted"))
        )
        return {
          ...reply,
          onEnd: (how: "sent" | "aborted", chunks: number) => {
            this.ended(began, this.outcome(reply, how))
            reply.onEnd?.(how, chunks)
          }
        }
      })
    })

  data(isRunning: boolean): Data {
    const { errored, inFlight, recorder, succeeded } = this
    const failed = Object.values(errored).reduce((sum, count) => sum + count, 0)
    return {
      version: 1,
      title: this.title,
      noun: "requests",
      started: recorder.started,
      now: recorder.now(),
      isRunning,
      totals: {
        outcome: "done",
        why: undefined,
        lines: { total: succeeded + failed + inFlight, before: 0, erroredBefore: 0, left: inFlight },
        succeeded,
        refusals: 0,
        errored,
        advice: {},
        failing: {},
        failingWith: {},
        requests: { sent: succeeded + failed, wasted: failed, wastedBy: errored },
        waited: { limiter: 0, retry: 0, circuit: 0, requeue: 0 },
        tokens: { input: 0, output: 0, cache: 0 },
        wallSeconds: Math.round((recorder.now() - recorder.started) / 100) / 10,
        limits: []
      },
      settings: this.settings,
      ...recorder.told
    }
  }
}
