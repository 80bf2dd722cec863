/** What a run waits for, in words. */
import type { Standing } from "./queue/queue.ts"
import * as Tally from "./tally.ts"

export const time = (millis: number): string => {
  const seconds = Math.round(millis / 1000)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`
}

const lines = (count: number): string => count === 1 ? "1 line" : `${count} lines`

/** Longer messages are cut. */
const mostMessage = 120

/** Nothing is left but lines that failed, however often they were tried. */
export const isOnlyFailing = (tally: Tally.Tally, { isRead }: Standing): boolean => {
  const failing = Tally.sum(tally.failing)
  return isRead && failing > 0 && Tally.done(tally) + failing === tally.total
}

const failures = (tally: Tally.Tally): string =>
  Array.from(
    tally.failing,
    ([tag, count]) =>
      `${tally.failing.size === 1 ? "" : `${count} `}${tag}: ${
        (tally.failingWith.get(tag) ?? "").slice(0, mostMessage)
      }`
  )
    .join("; ")

const next = (standing: Standing, now: number): string =>
  standing.next === Infinity || standing.next <= now ? "" : `, the next in ${time(standing.next - now)}`

/** Whole sentences; undefined while nothing but answers is waited for. */
export const inWords = (tally: Tally.Tally, standing: Standing, now: number): string | undefined => {
  const failing = Tally.sum(tally.failing)
  const said: Array<string> = []
  if (isOnlyFailing(tally, standing)) {
    said.push(
      `${lines(failing)} kept failing (${failures(tally)}); every other line has its result. ` +
        `They are tried again for as long as this runs${next(standing, now)}. ` +
        "Ctrl-C ends it, and the same command goes on later; with --max-attempts 20 it gives them up as errored."
    )
  } else if (failing > 0) {
    said.push(
      `${lines(failing)} failed so far (${failures(tally)}) and will be tried again when the others are through.`
    )
  }
  for (const { because, model } of standing.shut) {
    const why = because === undefined
      ? "it failed too often"
      : `${because._tag}: ${because.message.slice(0, mostMessage)}`
    said.push(`${model} is left alone for a while after failures (${why}), then asked with one line.`)
  }
  return said.length === 0 ? undefined : said.join(" ")
}

/** The same for a bar. */
export const inShort = (tally: Tally.Tally, standing: Standing, now: number): string => {
  const failing = Tally.sum(tally.failing)
  if (failing === 0 && standing.shut.length === 0) return ""
  const why = standing.shut.length > 0 ? ", circuit open" : ""
  const when = tally.inFlight === 0 && standing.next > now && standing.next < Infinity
    ? `, next try in ${time(standing.next - now)}`
    : ""
  return `${failing === 0 ? "" : `, ${failing} failing (${Array.from(tally.failing.keys()).join(", ")})`}${why}${when}`
}
