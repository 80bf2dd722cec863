/** What a `fetch` or a body threw, as a reason; `undefined` when it is no failure of the connection but a defect. */
import type * as Duration from "effect/Duration"
import { excerpt } from "./redact.ts"
import { AuthenticationFailed } from "./remote.ts"
import { ConnectionFailed, TimedOut } from "./transport.ts"

/** The bounds in force, to name the one that passed. */
export interface Bounds {
  readonly connect: Duration.Duration
  readonly headers: Duration.Duration
  readonly idle: Duration.Duration
}

interface Link {
  readonly name: string
  readonly code: string | undefined
  readonly message: string
}

/** What is thrown may be anything, whose fields throw themselves. */
const field = (of: object, name: string): unknown => {
  try {
    return Reflect.get(of, name)
  } catch {
    return undefined
  }
}

const textOf = (of: object, name: string): string => {
  const value = field(of, name)
  return typeof value === "string" ? value : ""
}

/** The chain of causes, at most eight links deep. */
const chain = (thrown: unknown): ReadonlyArray<Link> => {
  const links: Array<Link> = []
  let next: unknown = thrown
  while (links.length < 8 && typeof next === "object" && next !== null) {
    const code = field(next, "code")
    const errors = field(next, "errors")
    links.push({
      name: textOf(next, "name"),
      code: typeof code === "string" ? code : undefined,
      message: textOf(next, "message")
    })
    next = field(next, "cause") ?? (Array.isArray(errors) ? errors[0] : undefined)
  }
  return links
}

const timeouts: Readonly<Record<string, keyof Bounds>> = {
  UND_ERR_CONNECT_TIMEOUT: "connect",
  UND_ERR_HEADERS_TIMEOUT: "headers",
  UND_ERR_BODY_TIMEOUT: "idle"
}

const ours = /^(UND_ERR_|E[A-Z]{3,}|CERT_|DEPTH_|UNABLE_|SELF_SIGNED|ERR_TLS|ERR_SSL|HPE_)/

/** What the clouds' clients say when they could not get credentials, as failures of the connection. */
const noCredentials =
  /^Failed to (?:resolve AWS credentials|acquire Google OAuth credentials|get token from azureADTokenProvider)/

export const thrown = (
  cause: unknown,
  bounds: Bounds,
  secrets: ReadonlyArray<string> = []
): AuthenticationFailed | ConnectionFailed | TimedOut | undefined => {
  const links = chain(cause)
  const credentials = links.find((link) => noCredentials.test(link.message))
  if (credentials !== undefined) {
    const causes = links.map((link) => link.message).filter((message) => message !== "").join(" ")
    return new AuthenticationFailed({ message: excerpt(causes, 500, secrets) })
  }
  const phase = links.map((link) => timeouts[link.code ?? ""]).find((known) => known !== undefined)
  if (phase !== undefined) return new TimedOut({ phase, after: bounds[phase] })
  if (links.some((link) => link.name === "APIConnectionTimeoutError")) {
    return new TimedOut({ phase: "headers", after: bounds.headers })
  }
  const coded = links.find((link) => link.code !== undefined && ours.test(link.code))
  const known = coded ?? links.find((link) =>
    /^(APIConnectionError|APIUserAbortError|AbortError)$/.test(link.name) ||
    (link.name === "TypeError" && /fetch failed|terminated|network|Failed to fetch|Load failed/i.test(link.message))
  )
  if (known === undefined) return undefined
  const message = excerpt(known.message === "" ? "The connection failed." : known.message, 500, secrets)
  return new ConnectionFailed({ message, code: coded?.code })
}
