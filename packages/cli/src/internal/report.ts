/** What a run did, for a person and as JSON. */
import type { ClaudeRateLimiter } from "effect-claude"
import * as Tally from "./tally.ts"

export interface Report {
  readonly outcome: "done" | "stopped"
  /** Why it stopped early, and who has to act. */
  readonly why: string | undefined
  /** `before`: those with a result from an earlier run, `erroredBefore` among them. */
  readonly lines: {
    readonly total: number
    readonly before: number
    readonly erroredBefore: number
    readonly left: number
  }
  readonly succeeded: number
  readonly refusals: number
  readonly errored: { readonly [reason: string]: number }
  /** What to do about each of those. */
  readonly advice: { readonly [reason: string]: string }
  /** Lines that were tried, failed and have no result yet, by what they last failed with, and with which words. */
  readonly failing: { readonly [reason: string]: number }
  readonly failingWith: { readonly [reason: string]: string }
  readonly requests: {
    readonly sent: number
    readonly wasted: number
    readonly wastedBy: { readonly [reason: string]: number }
  }
  /** Seconds, summed over all lines. */
  readonly waited: {
    readonly limiter: number
    readonly retry: number
    readonly circuit: number
    readonly requeue: number
  }
  readonly tokens: { readonly input: number; readonly output: number; readonly cache: number }
  readonly wallSeconds: number
  /** Per model: the share of what the limit allowed in this time, burst included, that was used. */
  readonly limits: ReadonlyArray<
    { readonly model: string; readonly limit: string; readonly perMinute: number; readonly used: number }
  >
}

const seconds = (millis: number | undefined): number => Math.round((millis ?? 0) / 100) / 10

export const make = (
  tally: Tally.Tally,
  wall: number,
  states: ReadonlyArray<ClaudeRateLimiter.LimitState>,
  why: string | undefined
): Report => {
  const left = tally.total - Tally.done(tally)
  const minutes = wall / 60_000
  const limits = states.flatMap((state) =>
    (["requests", "inputTokens", "outputTokens"] as const).flatMap((limit) => {
      const perMinute = state.limits[limit]
      if (perMinute === undefined) return []
      const charged = tally.models.get(state.name)?.[limit] ?? 0
      return [{ model: state.name, limit, perMinute, used: charged / (perMinute * (1 + minutes)) }]
    })
  )
  return {
    outcome: left === 0 && why === undefined ? "done" : "stopped",
    why,
    lines: { total: tally.total, before: tally.before, erroredBefore: tally.erroredBefore, left },
    succeeded: tally.succeeded,
    refusals: tally.refused,
    errored: Object.fromEntries(tally.erroredBy),
    advice: Object.fromEntries(tally.advice),
    failing: Object.fromEntries(tally.failing),
    failingWith: Object.fromEntries(Array.from(tally.failing.keys(), (tag) => [tag, tally.failingWith.get(tag) ?? ""])),
    requests: { sent: tally.requests, wasted: Tally.sum(tally.wastedBy), wastedBy: Object.fromEntries(tally.wastedBy) },
    waited: {
      limiter: seconds(tally.waits.get("limiter")),
      retry: seconds(tally.waits.get("retry")),
      circuit: seconds(tally.waits.get("circuit")),
      requeue: seconds(tally.waits.get("requeue"))
    },
    tokens: { input: tally.inputTokens, output: tally.outputTokens, cache: tally.cacheTokens },
    wallSeconds: seconds(wall),
    limits
  }
}

const row = (name: string, value: string | number): string => `  ${name.padEnd(22)} ${value}`

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0)

/** The report as a person reads it. */
export const text = (report: Report, out: string): string => {
  const { errored, failing, lines, limits, requests, tokens, waited } = report
  const earlier = (count: number, more = ""): string => count > 0 ? ` (and ${count} before this run${more})` : ""
  const [erroredNow, failed] = [sum(errored), sum(failing)]
  const share = requests.sent === 0 ? 0 : requests.wasted / requests.sent * 100
  const rows = [
    lines.total === 0
      ? "Nothing to do: there are no lines in the file of prompts"
      : report.outcome === "done"
      ? `Done: ${lines.total} lines in ${out}`
      : `Stopped: ${lines.left} lines are left`,
    ...(report.why === undefined ? [] : [`  ${report.why}`, "  Run the same command again to go on."]),
    row("succeeded", `${report.succeeded}${earlier(lines.before - lines.erroredBefore)}`),
    ...(report.refusals > 0 ? [row("  refusals", report.refusals)] : []),
    row("errored", `${erroredNow}${earlier(lines.erroredBefore, "; --retry-errored sends them again")}`),
    ...Object.entries(errored).map(([tag, times]) => row(`  ${tag}`, `${times}: ${report.advice[tag] ?? ""}`)),
    ...(failed === 0 ? [] : [
      row("kept failing", `${failed}, left for another run; --max-attempts 20 would give them up as errored`),
      ...Object.entries(failing).map(([tag, times]) => row(`  ${tag}`, `${times}: ${report.failingWith[tag] ?? ""}`))
    ]),
    row("requests", `${requests.sent} sent, ${requests.wasted} wasted (${share.toFixed(1)} %)`),
    ...Object.entries(requests.wastedBy).map(([tag, times]) => row(`  ${tag}`, times)),
    row(
      "waited",
      `limiter ${waited.limiter} s, retry ${waited.retry} s, open circuit ${waited.circuit} s, ` +
        `requeue ${waited.requeue} s, over all lines`
    ),
    row("tokens", `${tokens.input} in, ${tokens.output} out, ${tokens.cache} cached`),
    row("time", `${report.wallSeconds} s`),
    ...limits.map(({ limit, model, perMinute, used }) =>
      row(
        "limit",
        `${model} ${limit}: ${Math.round(used * 100)} % of what ${perMinute} a minute and a full bucket allowed`
      )
    )
  ]
  return `${rows.join("\n")}\n`
}
