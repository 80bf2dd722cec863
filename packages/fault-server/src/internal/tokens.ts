/** The server's own way of counting, deliberately not the client's. */

type Fields = Readonly<Record<string, unknown>>

export const fields = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {}

const characters = (value: unknown): number => {
  if (typeof value === "string") return value.length
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + characters(item), 0)
  if (typeof value !== "object" || value === null) return 2
  return Object.entries(value).reduce((sum, [name, item]) => sum + name.length + characters(item), 0)
}

/** About 4.2 characters a token over system, tools and messages, and a little for the frame. */
export const estimate = (request: unknown): number => {
  const { messages, system, tools } = fields(request)
  return Math.max(
    1,
    Math.round((characters(system ?? "") + characters(tools ?? "") + characters(messages ?? "")) / 4.2) + 6
  )
}
