/** How long answers took and how large they were. */
import type { Data } from "./data.ts"
import type { Bin, Distribution } from "./histogram.ts"
import { at, tag, text } from "./html.ts"
import * as Plot from "./plot.ts"
import * as Units from "./units.ts"

/** Bars at most. */
const mostBars = 40

const grouped = (bins: ReadonlyArray<Bin>): ReadonlyArray<Bin> => {
  const size = Math.ceil(bins.length / mostBars)
  return Array.from({ length: Math.ceil(bins.length / size) }, (_, n) => {
    const some = bins.slice(n * size, (n + 1) * size)
    return {
      from: some[0]?.from ?? 0,
      to: some.at(-1)?.to ?? 0,
      count: some.reduce((sum, bin) => sum + bin.count, 0)
    }
  })
}

/** Where a value stands among the bars, 0 to 1: they are as wide as each other, so that the axis is logarithmic. */
const placeOf = (bars: ReadonlyArray<Bin>, value: number): number => {
  const index = bars.findIndex((bar) => value <= bar.to)
  const bar = bars[index]
  if (bar === undefined) return 1
  return (index + Math.max(0, Math.min(1, (value - bar.from) / (bar.to - bar.from)))) / bars.length
}

/** Easy numbers within the bars, some 5 of them. */
const axis = (bars: ReadonlyArray<Bin>, name: (value: number) => string): Plot.Frame["axis"] => {
  const [least, most] = [bars[0]?.from ?? 0, bars.at(-1)?.to ?? 0]
  const all: Array<number> = []
  for (let power = 1; power <= most; power *= 10) {
    for (const step of most / Math.max(1, least) < 60 ? [1, 2, 5] : [1, 3]) {
      if (step * power >= least && step * power <= most) all.push(step * power)
    }
  }
  return all.map((value, index) => ({ place: placeOf(bars, value), name: name(value), isMinor: index % 2 === 1 }))
}

const drawn = (
  title: string,
  of: Distribution | undefined,
  name: (value: number) => string,
  colour: string
): string => {
  if (of === undefined) return ""
  const bars = grouped(of.bins)
  const most = Math.max(...bars.map((bar) => bar.count))
  const step = Plot.width / bars.length
  const shapes = bars.map((bar, index) => {
    if (bar.count === 0) return ""
    const tall = Math.max(0.8, bar.count / most * Plot.height)
    return `<rect x="${at(index * step + step * 0.06)}" y="${at(Plot.height - tall)}" width="${
      at(step * 0.88)
    }" height="${at(tall)}" class="${colour}"><title>${
      text(`${name(bar.from)} to ${name(bar.to)}: ${Units.count(bar.count)}`)
    }</title></rect>`
  })
  const marks = [of.p50, of.p90, of.p99].map((value) => {
    const x = at(placeOf(bars, value) * Plot.width)
    return `<line x1="${x}" x2="${x}" y1="0" y2="${Plot.height}" class="mark"/>`
  })
  const facts = [["half within", of.p50], ["90 %", of.p90], ["99 %", of.p99], ["longest", of.most]] as const
  return tag(
    "section",
    { class: "card" },
    tag("h2", {}, text(title)),
    tag(
      "dl",
      { class: "facts" },
      ...facts.map(([fact, value]) =>
        tag(
          "div",
          {},
          tag("dt", {}, fact === "longest" && colour !== "ok" ? "most" : fact),
          tag("dd", {}, text(name(value)))
        )
      )
    ),
    Plot.plot(
      {
        label: `${title}: half within ${name(of.p50)}, 99 % within ${name(of.p99)}`,
        size: "low",
        top: Units.count(most),
        axis: axis(bars, name)
      },
      ...shapes,
      ...marks
    )
  )
}

export const distributions = (data: Data): string =>
  tag(
    "div",
    { class: "row" },
    drawn("Latency of answers", data.latency, Units.time, "ok"),
    drawn("Input tokens of a request", data.inputTokens, Units.count, "l2"),
    drawn("Output tokens of an answer", data.outputTokens, Units.count, "l3")
  )
