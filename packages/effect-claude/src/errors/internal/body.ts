/** The body of a failed answer, whatever shape it has: the API's, a cloud's, or a proxy's page. */
import { beginning, excerpt } from "./redact.ts"

/** What a body says, with nothing that could be a key in it. */
export interface ErrorBody {
  readonly type: string | undefined
  readonly code: string | undefined
  readonly message: string
  readonly requestId: string | undefined
  readonly appealUrl: string | undefined
}

export type Fields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const text = (value: unknown): string | undefined => typeof value === "string" && value !== "" ? value : undefined

/** So much of a page is looked at. */
const mostPage = 16_384

/** The visible text of a page. */
const page = (html: string): string =>
  beginning(html, mostPage).replace(/<(script|style)[\s\S]*?<\/\1>/gi, " ").replace(/<[^<>]*>/g, " ").replace(
    /\s+/g,
    " "
  )
    .trim()

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

/** Whether a body says that it is an error, wherever in it that stands. */
export const namesError = (body: string): boolean => {
  const parsed = parse(body)
  return isFields(parsed) && parsed["type"] === "error"
}

/** Codes, types and ids are shorter. */
const mostName = 200

/** Reads a raw or parsed body. Messages are cut to 2,000 characters, pages to 300. */
export const read = (raw: unknown, secrets: ReadonlyArray<string> = []): ErrorBody => {
  const parsed = parse(raw)
  const whole: unknown = Array.isArray(parsed) ? parsed[0] : parsed
  const clean = (message: string, most = 2000): string => excerpt(message, most, secrets)
  const name = (value: unknown): string | undefined => {
    const given = text(value)
    return given === undefined ? undefined : clean(given, mostName)
  }
  if (!isFields(whole)) {
    const shown = typeof whole !== "string" ? "" : whole.includes("<") ? clean(page(whole), 300) : clean(whole.trim())
    return { type: undefined, code: undefined, message: shown, requestId: undefined, appealUrl: undefined }
  }
  const error = isFields(whole["error"]) ? whole["error"] : whole
  const details = isFields(error["details"]) ? error["details"] : {}
  return {
    type: error === whole ? undefined : name(error["type"]) ?? name(error["status"]),
    code: name(details["error_code"]),
    message: clean(text(error["message"]) ?? text(whole["Message"]) ?? ""),
    requestId: name(whole["request_id"]),
    appealUrl: name(details["appeal_url"])
  }
}
