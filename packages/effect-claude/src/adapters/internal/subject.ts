/** Which requests are for a message or for its tokens, by their path whatever the host, and what they ask for. */
import { isFields, parse } from "../../client/internal/fields.ts"
import { measure } from "../../client/internal/measure.ts"
import { mayResend, nameOf } from "../../client/internal/run.ts"

export interface Subject {
  readonly method: "createMessage" | "streamMessage" | "countTokens"
  /** What answer was asked for, as far as the request could be read. */
  readonly form: "json" | "events" | "either"
  /** The limiter's key: counting has limits of its own. */
  readonly model: string
  /** The breaker's key: endpoint and model. */
  readonly key: string
  readonly host: string
  /** The platform, as the conventions for telemetry name it. */
  readonly provider: string
  /** The request's body, as far as it could be read. */
  readonly params: object
  /** Characters of the request's text. */
  readonly bytes: number
  /** Some of it may be read from the cache. */
  readonly cached: boolean
  readonly maxTokens: number | undefined
  /** False for what must not be sent again once sent. */
  readonly resend: boolean
}

const direct = /\/v1\/messages(\/count_tokens)?$/
const bedrock = /\/model\/([^/]+)\/(?:invoke|(invoke-with-response-stream))$/
const vertex = /\/models\/([^/:]+):(?:rawPredict|(streamRawPredict))$/

/** What a path says; `cloud`: other models are asked for under such paths too, and the body has to tell. */
interface Place {
  readonly host: string
  readonly provider: string
  readonly cloud: boolean
  readonly model: string | undefined
  readonly counting: boolean
  readonly streamed: boolean
}

/** As a query decodes it, which takes whatever it is given. */
const decoded = (model: string): string => new URLSearchParams(`_=${model.replaceAll("+", "%2B")}`).get("_") ?? model

/** Where an address without a host is taken to be: only its path counts. */
const page = "http://page"

/** Undefined for a request that no policy is for. */
export const place = (method: string | undefined, url: string): Place | undefined => {
  if (method?.toUpperCase() !== "POST" || !URL.canParse(url, page)) return undefined
  const { host, pathname } = new URL(url, page)
  const plain = direct.exec(pathname)
  if (plain !== null) {
    return {
      host,
      provider: "anthropic",
      cloud: false,
      model: undefined,
      counting: plain[1] !== undefined,
      streamed: false
    }
  }
  const amazon = bedrock.exec(pathname)
  const [, model, streamed] = amazon ?? vertex.exec(pathname) ?? []
  if (model === undefined) return undefined
  const counting = model === "count-tokens"
  return {
    host,
    provider: amazon === null ? "gcp.vertex_ai" : "aws.bedrock",
    cloud: true,
    model: counting ? undefined : decoded(model),
    counting,
    streamed: streamed !== undefined
  }
}

/** Undefined where the body says that it is for no model of Claude. */
export const read = (place: Place, body: string): Subject | undefined => {
  const parsed = parse(body)
  const params = isFields(parsed) ? parsed : {}
  if (place.cloud && params["anthropic_version"] === undefined) return undefined
  const model = place.model ?? nameOf(params["model"])
  const streamed = place.streamed || params["stream"] === true
  const method = place.counting ? "countTokens" : streamed ? "streamMessage" : "createMessage"
  const limited = place.counting ? method : model
  const most = params["max_tokens"]
  const { cached, characters } = place.counting ? { cached: false, characters: 0 } : measure(params)
  return {
    host: place.host,
    provider: place.provider,
    params,
    method,
    form: parsed === undefined ? "either" : streamed ? "events" : "json",
    model: limited,
    key: `${place.host} ${limited}`,
    bytes: characters,
    cached,
    maxTokens: typeof most === "number" && Number.isFinite(most) ? most : undefined,
    resend: mayResend(params)
  }
}

/** Credentials of a request, which must not be in any error. */
export const secrets = (headers: Headers): ReadonlyArray<string> =>
  ["x-api-key", "authorization", "x-amz-security-token"].flatMap((name) => {
    const value = headers.get(name)
    return value === null ? [] : [value, value.replace(/^\w+\s+/, "")]
  })
