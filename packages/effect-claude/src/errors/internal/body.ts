/** The body of a failed answer, whatever shape it has: the API's, a cloud's, or a proxy's page. */

/** What a body says, with nothing that could be a key in it. */
export interface ErrorBody {
  readonly type: string | undefined
  readonly code: string | undefined
  readonly message: string
  readonly requestId: string | undefined
  readonly appealUrl: string | undefined
}

/** What looks like a secret wherever it stands; the first group, where there is one, is kept. */
const secretPatterns: ReadonlyArray<RegExp> = [
  /sk-ant-[\w-]+/g,
  /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]+/g,
  /\b((?:set-)?cookie["']?\s*[:=]\s*["']?)[^\r\n"'<]+/gi,
  /\b((?:x-api-key|x-goog-api-key|x-amz-security-token|api[-_]key|authorization)["']?\s*[:=]\s*["']?(?:(?:bearer|basic)\s+)?)[^\s"',;<&]+/gi,
  /\b(bearer\s+)[^\s"',;<&]+/gi,
  /(:\/\/[^\s/:@]*:)[^\s/@]+(?=@)/g
]

/** Takes out keys, tokens, cookies and passwords, and whatever the caller knows to be secret. */
export const redact = (text: string, secrets: ReadonlyArray<string> = []): string => {
  let clean = text
  for (const known of secrets) if (known !== "") clean = clean.replaceAll(known, "<redacted>")
  for (const pattern of secretPatterns) {
    // Without a group, what follows the match is its offset.
    clean = clean.replace(pattern, (_, name: unknown) => `${typeof name === "string" ? name : ""}<redacted>`)
  }
  return clean
}

export type Fields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const text = (value: unknown): string | undefined => typeof value === "string" && value !== "" ? value : undefined

/** So much of a page is looked at. */
const mostPage = 16_384

/** The visible text of a page, at most 300 characters. */
const page = (html: string): string =>
  html.slice(0, mostPage).replace(/<(script|style)[\s\S]*?<\/\1>/gi, " ").replace(/<[^>]*>/g, " ").replace(/\s+/g, " ")
    .trim().slice(
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
