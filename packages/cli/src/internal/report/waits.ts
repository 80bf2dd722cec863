/** What was waited for. */
import type { Cause, Data } from "./data.ts"
import { at, tag, text } from "./html.ts"
import * as Units from "./units.ts"

const causes: ReadonlyArray<readonly [Cause, string, string]> = [
  ["limiter", "Limiter", "for a place within the limits"],
  ["retry", "Retry", "before the next attempt"],
  ["circuit", "Open circuit", "while the API was spared"],
  ["requeue", "Back in the queue", "after the client gave a line back"]
]

export const waits = (data: Data): string => {
  const { waited } = data.totals
  const total = causes.reduce((sum, [cause]) => sum + waited[cause], 0)
  if (total === 0) return ""
  const most = Math.max(...causes.map(([cause]) => waited[cause]))
  return tag(
    "section",
    { class: "card" },
    tag("h2", {}, "Waits, summed over all lines"),
    tag(
      "table",
      { class: "bars" },
      ...causes.filter(([cause]) => waited[cause] > 0).map(([cause, name, what]) =>
        tag(
          "tr",
          {},
          tag("th", { scope: "row" }, text(name), tag("small", {}, text(what))),
          tag("td", { class: "bar" }, tag("i", { style: `width:${at(waited[cause] / most * 100)}%` })),
          tag("td", { class: "number" }, text(Units.time(waited[cause] * 1000))),
          tag("td", { class: "number" }, text(Units.percent(waited[cause] / total)))
        )
      )
    )
  )
}
