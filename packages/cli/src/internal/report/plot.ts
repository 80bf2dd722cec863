/** The frame of a drawing: shapes are stretched to whatever width there is, words keep their size. */
import { at, tag, text } from "./html.ts"
import * as Units from "./units.ts"

/** Every drawing is so wide and high inside. */
export const width = 1000
export const height = 100

export interface Frame {
  /** Names it for those who do not see it. */
  readonly label: string
  /** "tall", "low" or "flat". */
  readonly size: string
  /** What the upper edge stands for; the lower one is 0. */
  readonly top: string
  readonly half?: string
  /** Where on the axis, 0 to 1, stands what; those marked minor give way where it is narrow. */
  readonly axis: ReadonlyArray<{ readonly place: number; readonly name: string; readonly isMinor: boolean }>
}

const line = (y: number): string => tag("line", { x1: 0, x2: width, y1: y, y2: y, class: "grid" })

/** The drawing in its frame. */
export const plot = (frame: Frame, ...shapes: ReadonlyArray<string>): string =>
  tag(
    "div",
    { class: `plot ${frame.size}` },
    tag("span", { class: "y top" }, text(frame.top)),
    frame.half === undefined ? "" : tag("span", { class: "y half" }, text(frame.half)),
    tag(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": frame.label },
      line(0),
      line(height / 2),
      ...shapes,
      line(height)
    ),
    frame.axis.length === 0 ? "" : tag(
      "div",
      { class: "axis", "aria-hidden": "true" },
      ...frame.axis.map(({ isMinor, name, place }) =>
        tag("span", { style: `left:${at(place * 100)}%`, class: isMinor ? "minor" : undefined }, text(name))
      )
    )
  )

/** The axis of a time that began at 0. */
export const timeAxis = (span: number): Frame["axis"] =>
  Units.ticks(span, 8).map((instant, index) => ({
    place: span === 0 ? 0 : instant / span,
    name: instant === 0 ? "0" : Units.time(instant),
    isMinor: index % 2 === 1
  }))

/** A line through values from 0 to 1, over what nobody measured. */
export const path = (values: ReadonlyArray<number | undefined>, name: string): string => {
  const points = values.flatMap((value, index) =>
    value === undefined
      ? []
      : [`${at((index + 0.5) * width / values.length)} ${at(height - value * height)}`]
  )
  return points.length < 2 ? "" : tag("path", { d: `M${points.join("L")}`, class: `line ${name}` })
}

/** The same, filled down to the ground. */
export const area = (values: ReadonlyArray<number | undefined>, name: string): string => {
  const known = values.flatMap((value, index) => value === undefined ? [] : [{ value, index }])
  const [first, last] = [known[0], known.at(-1)]
  if (first === undefined || last === undefined) return ""
  const x = (index: number): string => at((index + 0.5) * width / values.length)
  const points = known.map(({ index, value }) => `${x(index)} ${at(height - value * height)}`)
  const ground = `${x(last.index)} ${height}L${x(first.index)} ${height}`
  return tag("path", { d: `M${points.join("L")}L${ground}Z`, class: `area ${name}` })
}

/** What the colours stand for. */
export const legend = (
  entries: ReadonlyArray<{ readonly name: string; readonly colour: string; readonly value?: string }>
): string =>
  tag(
    "ul",
    { class: "legend" },
    ...entries.map(({ colour, name, value }) =>
      tag(
        "li",
        {},
        tag("i", { class: colour }),
        text(name),
        value === undefined ? "" : tag("b", {}, text(value))
      )
    )
  )
