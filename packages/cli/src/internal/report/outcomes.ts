/** Attempts over time, by what came of them. */
import type { Data } from "./data.ts"
import { at, tag, text } from "./html.ts"
import * as Plot from "./plot.ts"
import * as Units from "./units.ts"

const colours: ReadonlyMap<string, string> = new Map([
  ["Succeeded", "ok"],
  ["RateLimited", "c1"],
  ["Overloaded", "c2"],
  ["ServerFailed", "c3"],
  ["ConnectionFailed", "c4"],
  ["TimedOut", "c5"],
  ["StreamInterrupted", "c6"],
  ["Interrupted", "none"],
  ["Canceled", "none"]
])

/** The class that colours an outcome. */
export const colourOf = (outcome: string): string => colours.get(outcome) ?? "other"

const words = (name: string): string => name.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase()

/** A tag as words. */
export const nameOf = (outcome: string): string => {
  const name = words(outcome)
  return name.charAt(0).toUpperCase() + name.slice(1)
}

/** Succeeded first, then the most frequent. */
const ordered = (outcomes: Data["outcomes"]): ReadonlyArray<string> =>
  Object.keys(outcomes).toSorted((a, b) =>
    Number(b === "Succeeded") - Number(a === "Succeeded") || (outcomes[b] ?? 0) - (outcomes[a] ?? 0)
  )

const sum = (outcomes: Readonly<Record<string, number>>, of: ReadonlyArray<string>): number =>
  of.reduce((total, name) => total + (outcomes[name] ?? 0), 0)

const stacked = (data: Data, of: ReadonlyArray<string>, size: string, label: string, isLast: boolean): string => {
  const { bucket, timeline } = data
  const seconds = bucket / 1000
  const top = Units.ceiling(Math.max(...timeline.map(({ outcomes }) => sum(outcomes, of))) / seconds)
  const step = Plot.width / timeline.length
  const gap = timeline.length > 120 ? 0 : step * 0.12
  const bars = timeline.map(({ outcomes }, index) => {
    let ground = Plot.height
    const x = at(index * step + gap / 2)
    const shapes = of.map((name) => {
      const tall = (outcomes[name] ?? 0) / seconds / top * Plot.height
      if (tall === 0) return ""
      ground -= Math.max(tall, 0.6)
      // Each stands on the ground, behind those below it: no seam shows between two.
      return `<rect x="${x}" y="${at(ground)}" width="${at(step - gap)}" height="${at(Plot.height - ground)}" class="${
        colourOf(name)
      }"/>`
    }).toReversed()
    const told = of.filter((name) => (outcomes[name] ?? 0) > 0).map((name) => `${nameOf(name)}: ${outcomes[name] ?? 0}`)
    if (told.length === 0) return ""
    const when = `${Units.time(index * bucket)} to ${Units.time((index + 1) * bucket)}`
    return `<g>${shapes.join("")}<title>${text(`${when}\n${told.join("\n")}`)}</title></g>`
  })
  return Plot.plot({
    label,
    size,
    top: Units.small(top),
    half: Units.small(top / 2),
    axis: isLast ? Plot.timeAxis(timeline.length * bucket) : []
  }, ...bars)
}

export const outcomes = (data: Data): string => {
  const all = ordered(data.outcomes)
  if (all.length === 0 || data.timeline.length === 0) return ""
  const missed = all.filter((name) => name !== "Succeeded")
  const total = sum(data.outcomes, all)
  return tag(
    "section",
    { class: "card" },
    tag("h2", {}, data.noun === "requests" ? "Requests a second" : "Attempts a second"),
    Plot.legend(
      all.map((name) => ({ name: nameOf(name), colour: colourOf(name), value: Units.count(data.outcomes[name] ?? 0) }))
    ),
    stacked(data, all, "tall", "Attempts a second by outcome", missed.length === 0),
    missed.length === 0
      ? ""
      : tag(
        "h3",
        {},
        `Those without an answer, at a scale of their own: ${Units.count(sum(data.outcomes, missed))}, ${
          Units.percent(sum(data.outcomes, missed) / total)
        }`
      ) + stacked(data, missed, "low", "Attempts a second that brought no answer, by reason", true)
  )
}
