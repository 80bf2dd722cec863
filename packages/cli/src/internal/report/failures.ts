/** Every failed line with its diagnosis: those with the same cause together. */
import { nameOf } from "../who.ts"
import type { Data, Failed } from "./data.ts"
import { prose, tag, text } from "./html.ts"
import { colourOf, nameOf as wordsOf } from "./outcomes.ts"
import * as Units from "./units.ts"

const row = ({ attempts, customId, message, requestId, status }: Failed): string =>
  tag(
    "tr",
    {},
    tag("td", { class: "id" }, text(customId)),
    tag("td", { class: "number" }, text(status ?? "–")),
    tag("td", { class: "number" }, text(attempts)),
    tag("td", {}, text(message), requestId === undefined ? "" : tag("small", {}, text(requestId)))
  )

const head = tag(
  "thead",
  {},
  tag(
    "tr",
    {},
    tag("th", {}, "line"),
    tag("th", { class: "number" }, "status"),
    tag("th", { class: "number" }, "tries"),
    tag("th", {}, "what was said")
  )
)

const diagnosed = (data: Data, at: number): string => {
  const diagnosis = data.diagnoses[at]
  if (diagnosis === undefined) return ""
  const { cause, docs, lines, reason, retry, steps, who } = diagnosis
  const listed = data.failed.filter((failed) => failed.diagnosis === at)
  const rest = lines - listed.length
  return tag(
    "article",
    {},
    tag(
      "h3",
      {},
      tag("i", { class: colourOf(reason) }),
      text(wordsOf(reason)),
      tag("b", {}, text(`${Units.count(lines)} ${lines === 1 ? "line" : "lines"}`))
    ),
    tag("p", { class: "cause" }, prose(cause)),
    tag(
      "p",
      { class: "who" },
      `Who has to act: ${text(nameOf(who))}. Trying again: ${text(retry.helps)}. ${text(retry.when)}`
    ),
    tag("ol", {}, ...steps.map((step) => tag("li", {}, prose(step)))),
    docs.startsWith("https://")
      ? tag("p", { class: "who" }, tag("a", { href: docs, rel: "noreferrer" }, text(docs)))
      : "",
    listed.length === 0 ? "" : tag(
      "details",
      { id: `failed-${at}`, ...(listed.length <= 10 ? { open: "" } : {}) },
      tag("summary", {}, text(listed.length === 1 ? "The line" : `${Units.count(listed.length)} lines`)),
      tag("div", { class: "scroll" }, tag("table", { class: "lines" }, head, tag("tbody", {}, ...listed.map(row)))),
      rest > 0 ? tag("p", { class: "who" }, text(`and ${Units.count(rest)} more, all of them in the result file`)) : ""
    )
  )
}

export const failures = (data: Data): string =>
  data.diagnoses.length === 0 ? "" : tag(
    "section",
    { class: "card failures" },
    tag("h2", {}, "Lines without an answer"),
    ...Array.from(data.diagnoses.keys())
      .toSorted((a, b) => (data.diagnoses[b]?.lines ?? 0) - (data.diagnoses[a]?.lines ?? 0))
      .map((at) => diagnosed(data, at))
  )
