/** Markup from text: whatever is not markup of ours is escaped. */

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "\"": "&quot;",
  "'": "&#39;"
}

/** Text that may come from anywhere. */
export const text = (value: string | number): string => String(value).replace(/[&<>"']/g, (sign) => escapes[sign] ?? "")

/** The same, with what stands between backticks as code. */
export const prose = (value: string): string => text(value).replace(/`([^`]+)`/g, "<code>$1</code>")

type Value = string | number | undefined

/** An element; attributes are escaped, content is markup. */
export const tag = (
  name: string,
  attributes: Readonly<Record<string, Value>> = {},
  ...content: ReadonlyArray<string>
): string => {
  const list = Object.entries(attributes).map(([key, value]) => value === undefined ? "" : ` ${key}="${text(value)}"`)
  return `<${name}${list.join("")}>${content.join("")}</${name}>`
}

/** A coordinate as short as it can be. */
export const at = (value: number): string => String(Math.round(value * 10) / 10)
