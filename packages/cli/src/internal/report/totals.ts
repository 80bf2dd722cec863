/** The head of the page: how the run ended, and its totals. */
import type { Data } from "./data.ts"
import { at, tag, text } from "./html.ts"
import * as Units from "./units.ts"

const states = {
  running: ["Running", "live"],
  done: ["Done", "good"],
  errored: ["Done, with errors", "warn"],
  stopped: ["Stopped early", "bad"]
} as const

const stateOf = ({ isRunning, totals }: Data): keyof typeof states => {
  if (isRunning) return "running"
  if (totals.outcome === "stopped") return "stopped"
  return totals.lines.erroredBefore > 0 || Object.keys(totals.errored).length > 0 ? "errored" : "done"
}

const tile = (name: string, value: string, note: string): string =>
  tag("div", { class: "tile" }, tag("dt", {}, text(name)), tag("dd", {}, text(value), tag("small", {}, text(note))))

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0)

const bar = (data: Data, errored: number): string => {
  const { lines, succeeded } = data.totals
  const parts = [
    ["before", lines.before - lines.erroredBefore],
    ["ok", succeeded],
    ["c3", errored + lines.erroredBefore]
  ] as const
  const share = (count: number): string => at(lines.total === 0 ? 0 : count / lines.total * 100)
  return tag(
    "div",
    {
      class: "done",
      role: "img",
      "aria-label": `${lines.total - lines.left} of ${lines.total} ${data.noun} have a result`
    },
    ...parts.map(([colour, count]) => tag("i", { class: colour, style: `width:${share(count)}%` }))
  )
}

const tiles = (data: Data, errored: number): ReadonlyArray<string> => {
  const { lines, refusals, requests, succeeded, tokens, wallSeconds } = data.totals
  const { noun } = data
  const rate = wallSeconds > 0 ? `${Units.small((succeeded + errored) / wallSeconds * 60)} ${noun} a minute` : ""
  const more = [
    lines.before > 0 ? `${Units.count(lines.before)} before this run` : "",
    refusals > 0 ? `${Units.count(refusals)} refusals` : ""
  ].filter((part) => part !== "").join(", ")
  const wasted = Units.percent(requests.sent === 0 ? 0 : requests.wasted / requests.sent)
  const left = noun === "requests"
    ? `${Units.count(lines.left)} are being answered`
    : lines.left > 0
    ? `${Units.count(lines.left)} lines are left`
    : "every line has a result"
  return [
    tile("Answered", Units.count(succeeded), `of ${Units.count(lines.total)} ${noun}${more === "" ? "" : `; ${more}`}`),
    tile("Errored", Units.count(errored), left),
    ...(noun === "requests" ? [] : [
      tile("Requests", Units.count(requests.sent), `${Units.count(requests.wasted)} wasted, ${wasted}`),
      tile(
        "Tokens out",
        Units.count(tokens.output),
        `${Units.count(tokens.input)} in, ${Units.count(tokens.cache)} cached`
      )
    ]),
    tile("Time", Units.time(wallSeconds * 1000), rate)
  ]
}

export const totals = (data: Data): string => {
  const { errored: erroredBy, why } = data.totals
  const [name, colour] = states[stateOf(data)]
  const errored = sum(erroredBy)
  return tag(
    "header",
    {},
    tag("p", { class: `state ${colour}` }, text(name)),
    tag("h1", {}, text(data.title)),
    tag("p", { class: "when" }, text(`${Units.instant(data.started)}, ${Units.time(data.now - data.started)}`)),
    why === undefined ? "" : tag("p", { class: "why" }, text(why))
  ) + bar(data, errored) + tag("dl", { class: "tiles" }, ...tiles(data, errored))
}
