/** What the limiter had left, who waited for it, and how much was on its way. */
import type { Data } from "./data.ts"
import { tag } from "./html.ts"
import * as Plot from "./plot.ts"
import * as Units from "./units.ts"

const limits = [
  ["requests", "Requests", "l1"],
  ["inputTokens", "Input tokens", "l2"],
  ["outputTokens", "Output tokens", "l3"]
] as const

const counted = (data: Data, of: "queued" | "inFlight", name: string, colour: string, isLast: boolean): string => {
  const values = data.timeline.map((bucket) => bucket[of])
  const known = values.filter((value) => value !== undefined)
  if (known.length === 0) return ""
  const most = Math.max(0, ...known)
  const top = Units.ceiling(most)
  return tag("h3", {}, `${name}, at most ${Units.count(most)}`) +
    Plot.plot(
      {
        label: name,
        size: "flat",
        top: Units.count(top),
        axis: isLast ? Plot.timeAxis(values.length * data.bucket) : []
      },
      Plot.area(values.map((value) => value === undefined ? undefined : value / top), colour)
    )
}

export const levels = (data: Data): string => {
  const { timeline } = data
  if (timeline.every(({ inFlight }) => inFlight === undefined)) return ""
  const known = limits.filter(([of]) => timeline.some((bucket) => bucket[of] !== undefined))
  const left = known.length === 0 ? "" : tag("h3", {}, "Left of each limit, at its tightest") +
    Plot.legend(known.map(([, name, colour]) => ({ name, colour }))) +
    Plot.plot(
      { label: "Share of each limit that was left", size: "low", top: "100%", half: "50%", axis: [] },
      ...known.map(([of, , colour]) => Plot.path(timeline.map((bucket) => bucket[of]), colour))
    )
  return tag(
    "section",
    { class: "card" },
    tag("h2", {}, data.batches.length > 0 ? "Requests in batches" : data.noun === "requests" ? "Load" : "Limiter"),
    left,
    counted(data, "queued", "Waiting in its queue", "q", false),
    counted(
      data,
      "inFlight",
      data.batches.length > 0
        ? "Not answered yet"
        : data.noun === "requests"
        ? "Being answered"
        : "On their way at once",
      "f",
      true
    )
  )
}
