/**
 * The clouds' ways of saying the same: routes, framing, error bodies and request ids of Bedrock, Vertex and Foundry around
 * any handler of Messages. An error of the API becomes that of the cloud it is asked through.
 */
import * as Effect from "effect/Effect"
import * as EventStream from "./internal/eventStream.ts"
import * as Tokens from "./internal/tokens.ts"
import * as Reply from "./Reply.ts"

const bedrockPath = /^\/model\/([^/]+)\/(invoke|invoke-with-response-stream)$/
const vertexPath = /\/publishers\/anthropic\/models\/([^/:]+):(rawPredict|streamRawPredict)$/

const ids = (reply: Reply.Reply, name: string): Readonly<Record<string, string>> => {
  const { "request-id": id = "", ...rest } = reply.headers
  return { ...rest, [name]: id }
}

/** Amazon's error: `{ message }`, its name in a header. */
export const bedrockError = (status: number, name: string, message: string): Reply.Reply => {
  const reply = Reply.json(status, { message })
  return {
    ...reply,
    headers: { ...ids(reply, "x-amzn-requestid"), "x-amzn-errortype": `${name}:http://internal.amazon.com/` }
  }
}

/** Google's error, or an array of one. */
export const vertexError = (
  code: number,
  status: string,
  message: string,
  options: { readonly array?: boolean } = {}
): Reply.Reply => {
  const body = { error: { code, message, status } }
  const { "request-id": _, ...headers } = Reply.json(code, {}).headers
  return { ...Reply.json(code, options.array === true ? [body] : body), headers }
}

/** What Azure's gateway says before the API is reached. */
export const foundryGatewayError = (status: number, message: string): Reply.Reply => {
  const reply = Reply.json(status, { error: { code: String(status), message } })
  return { ...reply, headers: ids(reply, "apim-request-id") }
}

/** Amazon's names for the API's errors, as answers and inside a stream. */
const bedrockNames: Readonly<Record<string, readonly [number, string]>> = {
  invalid_request_error: [400, "ValidationException"],
  authentication_error: [403, "AccessDeniedException"],
  permission_error: [403, "AccessDeniedException"],
  not_found_error: [404, "ResourceNotFoundException"],
  rate_limit_error: [429, "ThrottlingException"],
  api_error: [500, "InternalServerException"],
  timeout_error: [408, "ModelTimeoutException"],
  overloaded_error: [503, "ServiceUnavailableException"]
}

const googleNames: Readonly<Record<string, readonly [number, string]>> = {
  invalid_request_error: [400, "INVALID_ARGUMENT"],
  authentication_error: [401, "UNAUTHENTICATED"],
  permission_error: [403, "PERMISSION_DENIED"],
  not_found_error: [404, "NOT_FOUND"],
  rate_limit_error: [429, "RESOURCE_EXHAUSTED"],
  api_error: [500, "INTERNAL"],
  timeout_error: [504, "DEADLINE_EXCEEDED"],
  overloaded_error: [529, "UNAVAILABLE"]
}

const errorOf = (json: unknown): { readonly type: string; readonly message: string } | undefined => {
  const { message, type } = Tokens.fields(Tokens.fields(json)["error"])
  return typeof type === "string" && typeof message === "string" ? { type, message } : undefined
}

const whole = (reply: Reply.Reply): unknown => {
  const text = Array.from(reply.body, ({ bytes }) => typeof bytes === "string" ? bytes : Buffer.from(bytes).toString())
    .join("")
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const camel = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)

/** Events in Amazon's framing; a piece of an event, where a fault has cut it, is cut here too. */
const framed = function*(body: Reply.Reply["body"]): Iterable<Reply.Chunk> {
  for (const { bytes, delay } of body) {
    const text = typeof bytes === "string" ? bytes : Buffer.from(bytes).toString()
    const data = /^data: (.*)\n\n$/m.exec(text)?.[1]
    if (data === undefined) {
      yield { delay, bytes: EventStream.chunk({ type: "cut" }).subarray(0, 20) }
      continue
    }
    const event: unknown = JSON.parse(data)
    const error = errorOf(event)
    if (error === undefined) yield { delay, bytes: EventStream.chunk(Tokens.fields(event)) }
    else {
      const name = bedrockNames[error.type]?.[1] ?? error.type
      yield { delay, bytes: EventStream.exception(camel(name), error.message) }
    }
  }
}

const asBedrock = (reply: Reply.Reply): Reply.Reply => {
  const headers = ids(reply, "x-amzn-requestid")
  if (reply.status >= 400) {
    const error = errorOf(whole(reply))
    if (error === undefined) return { ...reply, headers }
    const [status, name] = bedrockNames[error.type] ?? [reply.status, "ValidationException"]
    return { ...bedrockError(status, name, error.message), delay: reply.delay }
  }
  if (!String(headers["content-type"]).startsWith("text/event-stream")) return { ...reply, headers }
  const type = { "content-type": "application/vnd.amazon.eventstream" }
  return {
    ...reply,
    headers: { ...headers, ...type },
    body: { [Symbol.iterator]: () => framed(reply.body)[Symbol.iterator]() }
  }
}

const asVertex = (reply: Reply.Reply): Reply.Reply => {
  const error = reply.status >= 400 ? errorOf(whole(reply)) : undefined
  if (error === undefined) return reply
  const [code, status] = googleNames[error.type] ?? [reply.status, "UNKNOWN"]
  return { ...vertexError(code, status, error.message, { array: code === 429 }), delay: reply.delay }
}

/** A handler of Messages behind the routes of Bedrock and Vertex; every other route passes as it is. */
export const make = (handler: Reply.Handler): Reply.Handler => (request) => {
  const [, model, way] = bedrockPath.exec(request.path) ?? vertexPath.exec(request.path) ?? []
  if (request.method !== "POST" || model === undefined || way === undefined) return handler(request)
  const json = {
    ...Tokens.fields(request.json),
    model: decodeURIComponent(model),
    ...(way.includes("tream") ? { stream: true } : {})
  }
  const canonical: Reply.Received = {
    ...request,
    path: "/v1/messages",
    // Who may call was the cloud's to check.
    headers: { ...request.headers, "x-api-key": "cloud" },
    body: JSON.stringify(json),
    json
  }
  return Effect.map(handler(canonical), way.startsWith("invoke") ? asBedrock : asVertex)
}
