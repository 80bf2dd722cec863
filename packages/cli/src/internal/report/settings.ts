/** With what the run was asked to run, and how much of each limit it used. */
import type { Data } from "./data.ts"
import { tag, text } from "./html.ts"
import * as Units from "./units.ts"

const names = { requests: "requests", inputTokens: "input tokens", outputTokens: "output tokens" } as const

const nameOf = (limit: string): string => Object.entries(names).find(([known]) => known === limit)?.[1] ?? limit

export const settings = (data: Data): string =>
  tag(
    "section",
    { class: "card" },
    tag("h2", {}, "Settings"),
    tag(
      "dl",
      { class: "settings" },
      ...Object.entries(data.settings).map(([name, value]) =>
        tag("div", {}, tag("dt", {}, text(name)), tag("dd", {}, text(value)))
      ),
      ...data.totals.limits.map(({ limit, model, perMinute, used }) =>
        tag(
          "div",
          {},
          tag("dt", {}, text(`${model}, ${nameOf(limit)}`)),
          tag("dd", {}, text(`${Units.count(perMinute)} a minute, ${Units.percent(used)} used`))
        )
      )
    )
  )
