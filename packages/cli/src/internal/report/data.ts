/** What a report is drawn from; `--report run.json` writes it as it is. */
import type { Diagnosis } from "effect-claude"
import type { Report } from "../report.ts"
import type { Distribution } from "./histogram.ts"
import type { Bucket } from "./series.ts"

/** What lines waited for. */
export type Cause = "limiter" | "retry" | "circuit" | "requeue"

/** A line without a good result. */
export interface Failed {
  readonly customId: string
  readonly reason: string
  readonly message: string
  readonly status: number | undefined
  readonly requestId: string | undefined
  readonly attempts: number
  /** Its place in `diagnoses`. */
  readonly diagnosis: number
}

export interface Batch {
  readonly id: string
  /** Milliseconds from the start of the run; below 0 for one of an earlier run. */
  readonly created: number
  /** Undefined while it runs. */
  readonly ended: number | undefined
  readonly counts: {
    readonly processing: number
    readonly succeeded: number
    readonly errored: number
    readonly canceled: number
    readonly expired: number
  }
}

export interface Data {
  readonly version: 1
  readonly title: string
  /** What is counted: the lines of a file, or the requests that a server was sent. */
  readonly noun: "lines" | "requests"
  /** Clock milliseconds. */
  readonly started: number
  readonly now: number
  readonly isRunning: boolean
  /** Totals; `outcome` is "stopped" while it runs. */
  readonly totals: Report
  readonly settings: Readonly<Record<string, string>>
  /** Milliseconds of one bucket of `timeline`. */
  readonly bucket: number
  readonly timeline: ReadonlyArray<Bucket>
  /** Attempts by outcome. */
  readonly outcomes: Readonly<Record<string, number>>
  readonly latency: Distribution | undefined
  readonly inputTokens: Distribution | undefined
  readonly outputTokens: Distribution | undefined
  readonly diagnoses: ReadonlyArray<Diagnosis.Diagnosis & { readonly reason: string; readonly lines: number }>
  readonly failed: ReadonlyArray<Failed>
  /** Failed lines that are counted and not listed. */
  readonly more: number
  readonly batches: ReadonlyArray<Batch>
}
