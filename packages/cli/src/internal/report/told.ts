/** A run as a report tells it, at any instant of it. */
import type { Report } from "../report.ts"
import type { Data } from "./data.ts"
import type { Recorder } from "./recorder.ts"

export const told = (
  recorder: Recorder,
  run: {
    readonly title: string
    readonly settings: Data["settings"]
    readonly totals: Report
    readonly isRunning: boolean
  }
): Data => ({
  version: 1,
  ...run,
  started: recorder.started,
  now: recorder.now(),
  ...recorder.told
})
