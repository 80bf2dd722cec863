/** From what was pasted to a reason; undefined when it does not tell. */
import { ClaudeClient, ClaudeError } from "effect-claude"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { fieldsOf, jsonIn, layers, objectsIn } from "./unwrap.ts"
import { wordOf } from "./words.ts"

type Reason = ClaudeError.Reason

interface Context {
  readonly now: number
  readonly status: number | undefined
  readonly header: (name: string) => string | null
}

const statusIn = (text: string): number | undefined => {
  const found = /\bHTTP\/[\d.]+ (\d{3})\b/.exec(text) ??
    /\bstatus(?:[_ ]?code)?["']?\s*[:=]?\s*["']?(\d{3})\b/i.exec(text) ??
    /(?:^|\s)([345]\d{2}) (?=\{|status code|[a-z_]+_error)/.exec(text) ?? /\bfailed with (\d{3})\b/i.exec(text) ??
    /\berror:? (\d{3})\b(?!\.)/i.exec(text)
  return found?.[1] === undefined ? undefined : Number(found[1])
}

/** Lines of the shape of a header, of a transcript's answer (`< name: value`) too. */
const headersIn = (text: string): (name: string) => string | null => {
  const headers = new Map<string, string>()
  for (const [, name, value] of text.matchAll(/^(?:< ?)?([a-z][\w-]*):[ \t]*(.*?)\r?$/gim)) {
    headers.set(name!.toLowerCase(), value!)
  }
  for (
    const [, name, value] of text.matchAll(
      /["']((?:retry-after|request-id|x-should-retry)[\w-]*)["']\s*:\s*["']([^"']*)/gi
    )
  ) {
    if (!headers.has(name!.toLowerCase())) headers.set(name!.toLowerCase(), value!)
  }
  return (name) => headers.get(name.toLowerCase()) ?? null
}

const decode = Schema.decodeUnknownOption(Schema.toCodecJson(ClaudeError.Reason))

const isErrorBody = (value: unknown): boolean => {
  const body = fieldsOf(Array.isArray(value) ? value[0] : value)
  if (body === undefined) return false
  const error = fieldsOf(body["error"])
  // Batches put an error into an error; the inner one is the one.
  if (error !== undefined) {
    return typeof error["message"] === "string" || typeof error["type"] === "string" && !isErrorBody(error)
  }
  return typeof body["message"] === "string" &&
    Object.keys(body).every((name) => /^(message|__type|code|type)$/i.test(name))
}

type Message = Effect.Success<ReturnType<typeof ClaudeClient.createMessage>>

const ofMessage = (value: unknown): Effect.Effect<Reason | undefined> => {
  const message = fieldsOf(value)
  if (message?.["type"] !== "message" || typeof message["stop_reason"] !== "string") return Effect.undefined
  // Only its stop reason and stop details are read, and both may be anything.
  return ClaudeClient.requireComplete(Effect.succeed(value as Message)).pipe(
    Effect.match({ onSuccess: () => undefined, onFailure: (error) => error.reason })
  )
}

/** Google's errors carry their status. */
const codeOf = (body: unknown): number | undefined => {
  const code = fieldsOf(fieldsOf(Array.isArray(body) ? body[0] : body)?.["error"])?.["code"]
  return typeof code === "number" && code >= 300 && code < 600 ? code : undefined
}

const ofBody = (body: unknown, { header, now, status = codeOf(body) }: Context): Reason =>
  status === undefined || status < 300
    ? ClaudeError.fromStreamEvent(body, { header, now })
    : ClaudeError.fromResponse({ status, header, body, now })

const connection =
  /\b(ECONN[A-Z]+|E(?:TIMEDOUT|NOTFOUND|PIPE|AI_AGAIN|HOSTUNREACH|NETUNREACH)|UND_ERR_[A-Z_]+|CERT_[A-Z_]+|SELF_SIGNED_[A-Z_]+|DEPTH_[A-Z_]+|UNABLE_TO_[A-Z_]+|ERR_(?:TLS|SSL)_[A-Z_]+)\b/

/** Bounds for those of Node's own timeouts. */
const bounds = { connect: Duration.seconds(10), headers: Duration.minutes(5), idle: Duration.minutes(5) }

const ofText = (text: string, context: Context): Reason | undefined => {
  const code = connection.exec(text)?.[1]
  if (code !== undefined) {
    return ClaudeError.fromTransport({ name: "Error", message: text.split("\n")[0]!.slice(0, 300), code }, bounds)
  }
  if (/\b(fetch failed|socket hang up|terminated|Connection error|Request timed out)\b/i.test(text)) {
    const timed = /timed out/i.test(text)
    const thrown = {
      name: timed ? "APIConnectionTimeoutError" : "APIConnectionError",
      message: text.split("\n")[0]!.slice(0, 300)
    }
    return ClaudeError.fromTransport(thrown, bounds)
  }
  const page = /<(?:!doctype|html)[\s\S]*/i.exec(text)?.[0]
  if (page !== undefined) {
    return context.status === undefined
      ? ClaudeError.fromBody(page, { ...context, status: 200 })
      : ClaudeError.fromResponse({ ...context, status: context.status, body: page })
  }
  const word = text.split(/[^\w]+/).map((part) => wordOf(part, context.now)).find((known) => known !== undefined)
  if (context.status !== undefined && context.status >= 300) {
    return word !== undefined && "status" in word && word.status === context.status
      ? word
      : ClaudeError.fromResponse({
        ...context,
        status: context.status,
        body: { error: { message: text.slice(0, 500) } }
      })
  }
  if (word !== undefined) return word
  const said = ClaudeError.fromResponse({ ...context, status: 400, body: { error: { message: text.slice(0, 2000) } } })
  return said._tag === "InvalidRequest" ? undefined : said
}

/** The reason in a paste, and how the time stands. */
export const recognise = Effect.fnUntraced(function*(pasted: string) {
  const now = yield* Clock.currentTimeMillis
  const whole = pasted.trim()
  const word = wordOf(whole, now)
  if (word !== undefined) return word
  const texts = layers(whole)
  for (const text of texts) {
    const context: Context = { now, status: statusIn(text), header: headersIn(text) }
    for (const value of jsonIn(text)) {
      for (const object of [...(Array.isArray(value) ? [{ ...value }] : []), ...objectsIn(value)]) {
        const known = decode(object)
        if (Option.isSome(known)) return known.value
      }
      if (Array.isArray(value) && isErrorBody(value)) return ofBody(value, context)
      for (const object of objectsIn(value)) {
        const stopped = yield* ofMessage(object)
        if (stopped !== undefined) return stopped
        const status = typeof object["status"] === "number" ? object["status"] : context.status
        if (isErrorBody(object)) return ofBody(object, { ...context, status })
      }
    }
  }
  const last = texts[texts.length - 1]!
  return ofText(last, { now, status: statusIn(last), header: headersIn(last) })
})
