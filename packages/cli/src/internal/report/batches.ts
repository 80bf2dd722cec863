/** The batches of a run, each as a bar over time. */
import type { Batch, Data } from "./data.ts"
import { at, tag, text } from "./html.ts"
import * as Units from "./units.ts"

/** Bars at most; more are counted. */
const mostBars = 60

const parts = (counts: Batch["counts"]): ReadonlyArray<readonly [string, number]> => [
  ["ok", counts.succeeded],
  ["c3", counts.errored],
  ["c1", counts.expired],
  ["none", counts.canceled],
  ["wait", counts.processing]
]

export const batches = (data: Data): string => {
  const all = data.batches
  if (all.length === 0) return ""
  const start = Math.min(0, ...all.map((batch) => batch.created))
  const end = Math.max(data.now - data.started, ...all.map((batch) => batch.ended ?? 0))
  const place = (instant: number): number => (instant - start) / Math.max(1, end - start) * 100
  const rows = all.slice(0, mostBars).map(({ counts, created, ended, id }) => {
    const size = parts(counts).reduce((sum, [, count]) => sum + count, 0)
    const [from, to] = [place(created), place(ended ?? end)]
    const told = parts(counts).filter(([, count]) => count > 0)
    return tag(
      "tr",
      {},
      tag("th", { scope: "row" }, text(id)),
      tag(
        "td",
        { class: "bar" },
        tag(
          "span",
          { style: `margin-left:${at(from)}%;width:${at(Math.max(0.5, to - from))}%` },
          ...told.map(([colour, count]) => tag("i", { class: colour, style: `width:${at(count / size * 100)}%` }))
        )
      ),
      tag("td", { class: "number" }, text(Units.count(size))),
      tag("td", { class: "number" }, text(ended === undefined ? "runs" : Units.time(ended - created)))
    )
  })
  return tag(
    "section",
    { class: "card" },
    tag("h2", {}, `Batches, ${Units.time(end - start)} from left to right`),
    tag("table", { class: "bars batches" }, ...rows),
    all.length > mostBars ? tag("p", { class: "who" }, text(`and ${all.length - mostBars} more`)) : ""
  )
}
