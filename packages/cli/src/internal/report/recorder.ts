/** Watches a run for its report: whatever its length, what is kept stays within bounds. */
import { type ClaudeError, type ClaudeRateLimiter, Diagnosis, type MessageBatches } from "effect-claude"
import type { Batch, Cause, Data, Failed } from "./data.ts"
import { Histogram } from "./histogram.ts"
import { Series } from "./series.ts"

/** Failed lines that are listed, batches that are, and characters of a message. */
const mostFailed = 500
const mostBatches = 500
const mostMessage = 400
/** Kinds of failures and of outcomes that are told apart; there are some 30. */
const mostKinds = 100

type Told = Pick<
  Data,
  | "bucket"
  | "timeline"
  | "outcomes"
  | "latency"
  | "inputTokens"
  | "outputTokens"
  | "diagnoses"
  | "failed"
  | "more"
  | "batches"
>

const share = (level: number, limit: number | undefined): number | undefined =>
  limit === undefined || limit <= 0 ? undefined : Math.max(0, Math.min(1, level / limit))

const least = (shares: ReadonlyArray<number | undefined>): number | undefined => {
  const known = shares.filter((one) => one !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

export class Recorder {
  readonly started: number
  readonly now: () => number
  private readonly series: Series
  private readonly outcomes: Record<string, number> = {}
  private readonly latency = new Histogram()
  private readonly input = new Histogram()
  private readonly output = new Histogram()
  private readonly diagnoses = new Map<string, Diagnosis.Diagnosis & { readonly reason: string; lines: number }>()
  private readonly failures: Array<Failed> = []
  private more = 0
  private readonly batches = new Map<string, Batch>()

  /** `now`: Clock milliseconds. */
  constructor(now: () => number) {
    this.now = now
    this.started = now()
    this.series = new Series(this.started)
  }

  private ended(outcome: string): void {
    const { outcomes } = this.series.at(this.now())
    const name = outcome in this.outcomes || Object.keys(this.outcomes).length < mostKinds ? outcome : "Other"
    this.outcomes[name] = (this.outcomes[name] ?? 0) + 1
    outcomes[name] = (outcomes[name] ?? 0) + 1
  }

  /** An attempt that was answered; `began` is undefined where nobody knows, as in a batch. */
  answered(began: number | undefined, usage?: ClaudeError.Usage): void {
    this.ended("Succeeded")
    if (began !== undefined) this.latency.add(this.now() - began)
    if (usage === undefined) return
    const read = usage.inputTokens + usage.cacheCreationTokens + usage.cacheReadTokens
    this.input.add(read)
    this.output.add(usage.outputTokens)
    this.series.at(this.now()).tokens += usage.outputTokens
  }

  /** An attempt that was not: the tag of its reason. */
  missed(outcome: string): void {
    this.ended(outcome)
  }

  waited(cause: Cause, millis: number): void {
    const { waits } = this.series.at(this.now())
    waits[cause] = (waits[cause] ?? 0) + millis
  }

  /** A line that has its result. */
  line(succeeded: boolean): void {
    this.series.at(this.now())[succeeded ? "succeeded" : "errored"]++
  }

  private diagnosed(reason: string, diagnosis: Diagnosis.Diagnosis): number {
    const key = `${reason}\n${diagnosis.cause}`
    let known = this.diagnoses.get(key)
    if (known === undefined && this.diagnoses.size < mostKinds) {
      this.diagnoses.set(key, known = { ...diagnosis, reason, lines: 0 })
    }
    if (known !== undefined) known.lines++
    return Array.from(this.diagnoses.keys()).indexOf(key)
  }

  /** A line whose result is no answer. */
  failed(customId: string, error: ClaudeError.ClaudeError): void {
    const { attempts, reason } = error
    const diagnosis = this.diagnosed(reason._tag, Diagnosis.of(reason))
    if (this.failures.length >= mostFailed) {
      this.more++
      return
    }
    this.failures.push({
      customId: customId.slice(0, mostMessage),
      reason: reason._tag,
      message: reason.message.slice(0, mostMessage),
      status: "status" in reason ? reason.status : undefined,
      requestId: "requestId" in reason ? reason.requestId : undefined,
      attempts: attempts.length,
      diagnosis
    })
  }

  batch({ created_at, ended_at, id, request_counts }: MessageBatches.MessageBatch): void {
    if (!this.batches.has(id) && this.batches.size >= mostBatches) return
    const since = (instant: string): number => Date.parse(instant) - this.started
    this.batches.set(id, {
      id,
      created: since(created_at),
      ended: ended_at === null ? undefined : since(ended_at),
      counts: request_counts
    })
  }

  /** `inFlight`: in batches; for single requests it is the limiter's. */
  sample(states: ReadonlyArray<ClaudeRateLimiter.LimitState>, inFlight: number | undefined): void {
    const of = (limit: "requests" | "inputTokens" | "outputTokens") =>
      inFlight === undefined ? least(states.map((state) => share(state[limit], state.limits[limit]))) : undefined
    this.series.sample(this.now(), {
      requests: of("requests"),
      inputTokens: of("inputTokens"),
      outputTokens: of("outputTokens"),
      queued: inFlight === undefined ? states.reduce((sum, state) => sum + state.queued, 0) : undefined,
      inFlight: inFlight ?? states.reduce((sum, state) => sum + state.inFlight, 0)
    })
  }

  get told(): Told {
    return {
      bucket: this.series.width,
      timeline: this.series.all,
      outcomes: this.outcomes,
      latency: this.latency.read(),
      inputTokens: this.input.read(),
      outputTokens: this.output.read(),
      diagnoses: Array.from(this.diagnoses.values()),
      failed: this.failures,
      more: this.more,
      batches: Array.from(this.batches.values())
    }
  }
}
