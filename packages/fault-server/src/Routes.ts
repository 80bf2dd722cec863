/**
 * The API's routes. Messages go to a handler, also those in batches; counting and models answer by themselves, anything
 * else is a 404.
 */
import * as Effect from "effect/Effect"
import * as Batches from "./Batches.ts"
import * as Tokens from "./internal/tokens.ts"
import * as Models from "./Models.ts"
import * as Reply from "./Reply.ts"

const modelPath = /^\/v1\/models\/([^/]+)$/

/** A well-behaved model that says how much it was asked. */
export const echo: Reply.Handler = (request) =>
  Effect.sync(() => {
    const model = Tokens.fields(request.json)["model"]
    return Reply.forRequest(
      request,
      Reply.message({
        text: `You asked with ${Tokens.estimate(request.json)} tokens.`,
        ...(typeof model === "string" ? { model } : {}),
        usage: { input_tokens: Tokens.estimate(request.json) }
      })
    )
  })

/** Models after `after_id`, at most `limit` (default 20), of the lifecycles asked for. */
const page = (query: URLSearchParams): Reply.Reply => {
  const stages = [...query.getAll("lifecycle"), ...query.getAll("lifecycle[]")]
  const list = Models.all.filter((model) => stages.length === 0 || stages.includes(model.lifecycle))
  const after = query.get("after_id")
  const start = after === null ? 0 : list.findIndex((model) => model.id === after) + 1
  const end = start + Number(query.get("limit") ?? 20)
  const shown = list.slice(start, end)
  return Reply.json(200, {
    data: shown.map(Models.info),
    has_more: end < list.length,
    first_id: shown[0]?.id ?? null,
    last_id: shown.at(-1)?.id ?? null
  })
}

export interface Options {
  /** How batches fare; default: they have ended when they are first asked for. */
  readonly batches?: Batches.Options
}

const others: Reply.Handler = (request) => {
  const route = `${request.method} ${request.path}`
  return Effect.sync(() => {
    if (route === "POST /v1/messages/count_tokens") {
      return Reply.json(200, { input_tokens: Tokens.estimate(request.json) })
    }
    if (route === "GET /v1/models") {
      return page(new URLSearchParams(request.query))
    }
    const id = request.method === "GET" ? modelPath.exec(request.path)?.[1] : undefined
    if (id !== undefined) {
      const known = Models.find(decodeURIComponent(id))
      return known === undefined
        ? Reply.error(404, "not_found_error", `model: ${id}`)
        : Reply.json(200, Models.info(known))
    }
    return Reply.error(404, "not_found_error", "Not found")
  })
}

/** All routes, with `messages` for `POST /v1/messages`; default `echo`. */
export const make = (messages: Reply.Handler = echo, options: Options = {}): Reply.Handler => {
  const batches = Batches.make(messages, options.batches)
  return (request) => {
    if (request.path === "/v1/messages" && request.method === "POST") return messages(request)
    return (Batches.isPath(request.path) ? batches : others)(request)
  }
}
