/** The body of a failed answer, whatever shape it has: the API's, a cloud's, or a proxy's page. */

/** What a body says, with nothing that could be a key in it. */
export interface ErrorBody {
  readonly type: string | undefined
  readonly code: string | undefined
  readonly message: string
  readonly requestId: string | undefined
  readonly appealUrl: string | undefined
}

const secret = /sk-ant-[\w-]+|(bearer\s+|x-api-key["':\s]+|(?:set-)?cookie["':\s]+)[^\s"',;<]+/gi

/** Takes out keys, bearer tokens and cookies, and whatever the caller knows to be secret. */
export const redact = (text: string, secrets: ReadonlyArray<string> = []): string =>
  secrets.filter((known) => known.length > 0).reduce(
    (clean, known) => clean.replaceAll(known, "<redacted>"),
    text.replace(secret, (_, name: string | undefined) => `${name ?? ""}<redacted>`)
  )

type Fields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const text = (value: unknown): string | undefined => typeof value === "string" && value !== "" ? value : undefined

/** The visible text of a page, at most 300 characters. */
const page = (html: string): string =>
  html.replace(/<(script|style)[\s\S]*?<\/\1>/gi, " ").replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").trim().slice(
    0,
    300
  )

const parse = (body: unknown): unknown => {
  if (typeof body !== "string") return body
  const start = body.trimStart()[0]
  if (start !== "{" && start !== "[") return body
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}

/** Reads a raw or parsed body. Messages are cut to 2,000 characters. */
export const read = (raw: unknown, secrets: ReadonlyArray<string> = []): ErrorBody => {
  const parsed = parse(raw)
  const whole: unknown = Array.isArray(parsed) ? parsed[0] : parsed
  const clean = (message: string): string => redact(message, secrets).slice(0, 2000)
  if (!isFields(whole)) {
    const shown = typeof whole === "string" ? (whole.includes("<") ? page(whole) : whole.trim()) : ""
    return { type: undefined, code: undefined, message: clean(shown), requestId: undefined, appealUrl: undefined }
  }
  const error = isFields(whole["error"]) ? whole["error"] : whole
  const details = isFields(error["details"]) ? error["details"] : {}
  return {
    type: error === whole ? undefined : text(error["type"]) ?? text(error["status"]),
    code: text(details["error_code"]),
    message: clean(text(error["message"]) ?? text(whole["Message"]) ?? ""),
    requestId: text(whole["request_id"]),
    appealUrl: text(details["appeal_url"])
  }
}
