// @effect-diagnostics asyncFunction:off globalFetch:off newPromise:off
/**
 * The seam to the SDK, and the only place that imports its values: one request, its answer as bytes, and what it threw
 * as a reason. Its own retries are off for every request, whoever made the instance.
 */
import Anthropic from "@anthropic-ai/sdk"
import * as ClaudeError from "../../errors/ClaudeError.ts"
import { maxBody } from "./bounds.ts"
import { LeanResponse } from "./leanResponse.ts"
import { writing, written } from "./written.ts"

/** What is used of an SDK client; `Anthropic` and the clouds' clients all have it. */
export interface SdkClient {
  readonly baseURL: string
  readonly messages: {
    readonly create: (
      body: Anthropic.MessageCreateParams,
      options?: Anthropic.RequestOptions
    ) => { readonly asResponse: () => Promise<Response> }
    readonly countTokens?: (
      body: Anthropic.MessageCountTokensParams,
      options?: Anthropic.RequestOptions
    ) => PromiseLike<Anthropic.MessageTokensCount>
    /** Only whether it is there: its routes are asked by their paths. */
    readonly batches?: object
  }
  readonly models?: {
    readonly retrieve: (
      id: string,
      query?: null,
      options?: Anthropic.RequestOptions
    ) => PromiseLike<Anthropic.ModelInfo>
    readonly list: (
      query?: null,
      options?: Anthropic.RequestOptions
    ) => AsyncIterable<Anthropic.ModelInfo>
  } | undefined
  readonly get?: Ask
  readonly post?: Ask
  readonly delete?: Ask
}

type Ask = (
  path: string,
  options?: Anthropic.RequestOptions
) => { readonly asResponse: () => Promise<Response> }

/** A request by its path. */
export interface Asked {
  readonly method: "get" | "post" | "delete"
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
  /** JSON that is written already. */
  readonly body?: Uint8Array
}

export interface SdkOptions {
  readonly apiKey: string
  readonly baseURL: string | undefined
  readonly fetch: typeof globalThis.fetch | undefined
  /** Whether that is the pool's, which takes bytes as well as text. */
  readonly pooled: boolean
}

/** Longer than any bound of ours: the SDK's own timer never fires first. */
const sdkTimeout = 2 ** 31 - 1

/** Instances of our own, whose bodies nothing rewrites on their way. */
const own = new WeakSet<SdkClient>()

export const isOwn = (client: SdkClient): boolean => own.has(client)

export const make = (options: SdkOptions): SdkClient => {
  const client = new Anthropic({
    apiKey: options.apiKey,
    authToken: null,
    maxRetries: 0,
    timeout: sdkTimeout,
    // Spans are ours to make; the SDK's own tracing costs a tenth of the call even when nobody listens.
    openTelemetry: false,
    // Without one the global `fetch` of the moment, as the SDK would.
    fetch: writing(
      options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
      options.pooled ? "bytes" : "text"
    ),
    ...(options.baseURL === undefined ? {} : { baseURL: options.baseURL })
  })
  own.add(client)
  return client
}

/** A redirect is an answer like any other: a `fetch` that followed it would hand the key to whoever it names. */
const fetchOptions = { redirect: "manual" } as const

/** Request options that leave retries and timeouts to us. */
export const requestOptions = (signal: AbortSignal): Anthropic.RequestOptions => ({
  signal,
  maxRetries: 0,
  timeout: sdkTimeout,
  fetchOptions
})

/** An answer whose headers have come. */
export interface Opened {
  readonly status: number
  readonly header: (name: string) => string | null
  /** The next bytes, undefined at the end, or what broke them. */
  readonly read: (came: (chunk: Uint8Array | undefined) => void, broke: (thrown: unknown) => void) => void
  /** Bytes that are here already, undefined if none are. */
  readonly take?: () => Uint8Array | undefined
  readonly text: () => Promise<string>
  /** Ends it; resolves when its work has really ended. */
  readonly cancel: () => Promise<unknown>
}

/** All of a body that is text, as long as it is within bounds. */
const textOf = async (response: Pick<Opened, "read" | "cancel" | "status">): Promise<string> => {
  const decoder = new TextDecoder()
  let text = ""
  let size = 0
  const next = (): Promise<Uint8Array | undefined> => new Promise(response.read)
  for (let piece = await next(); piece !== undefined; piece = await next()) {
    size += piece.length
    if (size > maxBody) {
      void response.cancel()
      throw new ClaudeError.MalformedResponse({
        message: "The body is longer than 64 MiB.",
        status: response.status,
        body: ""
      })
    }
    text += decoder.decode(piece, { stream: true })
  }
  return text + decoder.decode()
}

const opened = (response: Response | LeanResponse): Opened => {
  const header = (name: string): string | null => response.headers.get(name)
  const { status } = response
  let read: Opened["read"]
  let cancel: Opened["cancel"]
  let take: Opened["take"]
  if (response instanceof LeanResponse) {
    read = (came, broke) => void response.pull().then(came, broke)
    take = () => response.take()
    cancel = () => {
      response.cancel()
      return Promise.resolve()
    }
  } else {
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
    read = (came, broke) => {
      reader ??= response.body?.getReader()
      if (reader === undefined) came(undefined)
      else void reader.read().then(({ value }) => came(value), broke)
    }
    // A body that is being read is cancelled through its reader, whose rejection says nothing new.
    cancel = () =>
      (reader === undefined ? response.body?.cancel() : reader.cancel())?.catch(() => {}) ?? Promise.resolve()
  }
  return {
    status,
    header,
    read,
    ...(take === undefined ? {} : { take }),
    text: () => textOf({ status, read, cancel }),
    cancel
  }
}

/** The SDK could not even write the request: its shape is none that its types allow. */
const unsendable = (thrown: unknown): ClaudeError.InvalidRequest =>
  new ClaudeError.InvalidRequest({
    message: `This request cannot be sent: ${thrown instanceof Error ? thrown.message : String(thrown)}`
  })

const isWritable = (body: unknown): boolean => {
  try {
    JSON.stringify(body)
    return true
  } catch {
    return false
  }
}

/** Starts a request; what the SDK throws before it sends is a reason, never a defect. */
export const ask = async <A>(body: unknown, start: () => PromiseLike<A>): Promise<A> => {
  let pending: PromiseLike<A>
  try {
    pending = start()
  } catch (thrown) {
    // Whatever is thrown before there is a promise is thrown before anything was sent.
    throw unsendable(thrown)
  }
  try {
    return await pending
  } catch (thrown) {
    // The SDK writes the body after it has handed out its promise.
    throw isFailed(thrown) || isWritable(body) ? thrown : unsendable(thrown)
  }
}

/** What belongs into a header, where the parameters name betas: no part of a body. */
const withBetas = (
  params: Anthropic.MessageCreateParams,
  options: Anthropic.RequestOptions
): readonly [Anthropic.MessageCreateParams, Anthropic.RequestOptions] => {
  if (!("betas" in params)) return [params, options]
  const { betas, ...body } = params
  return Array.isArray(betas) && betas.length > 0
    ? [body, { ...options, headers: { "anthropic-beta": betas.join(",") } }]
    : [body, options]
}

/** Sends a request and waits for its headers; over an instance of our own a history's messages are not serialised again. */
export const open = async (
  client: SdkClient,
  params: Anthropic.MessageCreateParams,
  signal: AbortSignal,
  isOwn: boolean
): Promise<Opened> => {
  const start = () => {
    const [body, options] = withBetas(params, requestOptions(signal))
    const light = isOwn ? written(body) : undefined
    if (light === undefined) return client.messages.create(body, options)
    return client.messages.create(light.params, {
      ...options,
      fetchOptions: { ...fetchOptions, ...light.fetchOptions }
    })
  }
  return opened(await ask(params, () => start().asResponse()))
}

/** Sends a request by its path and waits for its headers; undefined where the instance has no such way. */
export const askPath = (client: SdkClient, asked: Asked): ((signal: AbortSignal) => Promise<Opened>) | undefined => {
  const { body, method, path, query } = asked
  if (client[method] === undefined) return undefined
  return async (signal) =>
    opened(
      await ask(undefined, () =>
        client[method]!(path, {
          ...requestOptions(signal),
          ...(query === undefined ? {} : { query }),
          ...(body === undefined ? {} : { body, headers: { "content-type": "application/json" } })
        }).asResponse())
    )
}

const directHost = "api.anthropic.com"
const versionHeader = "anthropic-version"
/** What `Anthropic` of 1.x sends unless its user says otherwise. */
const version = "2026-10-21"

/** Whether an instance speaks to the direct API in its current version: other platforms and older versions do not. */
export const isDirect = (client: SdkClient): boolean => {
  if (!URL.canParse(client.baseURL) || new URL(client.baseURL).host !== directHost) return false
  const options: unknown = Reflect.get(client, "_options")
  const own: unknown = typeof options === "object" && options !== null
    ? Reflect.get(options, "defaultHeaders")
    : undefined
  if (typeof own !== "object" || own === null) return true
  const headers = own instanceof Headers ? Array.from(own.entries()) : Object.entries(own)
  const given = headers.find(([name]) => name.toLowerCase() === versionHeader)
  return given === undefined || given[1] === version
}

/** The platform's name as the conventions for telemetry have it: the clouds' clients tell their own. */
export const providerOf = (client: SdkClient): string => {
  const name: unknown = Reflect.get(client, "_genAIProviderName")
  return typeof name === "string" ? name : "anthropic"
}

/** Shorter ones are placeholders, and would be found in every text. */
const leastSecret = 8

/** Where the clients keep what nobody else may see. */
const credentials = ["apiKey", "authToken", "awsSecretKey", "awsSessionToken", "accessToken", "webhookKey"]

/** What an instance holds that must be in no error: a gateway's key looks like nothing that is known. */
export const secretsOf = (client: SdkClient): ReadonlyArray<string> => {
  const isSecret = (value: unknown): value is string => typeof value === "string" && value.length >= leastSecret
  return credentials.map((name): unknown => Reflect.get(client, name)).filter(isSecret)
}

interface Failed {
  readonly status: number
  readonly headers: { readonly get: (name: string) => string | null }
  readonly error: unknown
  readonly message: string
}

/** Structural, because a cloud's client may carry its own copy of the SDK's classes. */
const isFailed = (thrown: unknown): thrown is Failed =>
  thrown instanceof Error && "status" in thrown && typeof thrown.status === "number" && "headers" in thrown &&
  typeof thrown.headers === "object" && thrown.headers !== null && "get" in thrown.headers

/** What the SDK threw as a reason; undefined when it is a defect. */
export const reasonOf = (
  thrown: unknown,
  context: {
    readonly now: number
    readonly bounds: Parameters<typeof ClaudeError.fromTransport>[1]
    readonly secrets: ReadonlyArray<string>
  }
): ClaudeError.RealReason | undefined => {
  if (thrown instanceof ClaudeError.InvalidRequest || thrown instanceof ClaudeError.MalformedResponse) return thrown
  return isFailed(thrown)
    ? ClaudeError.fromResponse({
      status: thrown.status,
      header: (name) => thrown.headers.get(name),
      body: thrown.error ?? thrown.message.replace(/^\d+ (status code \(no body\))?/, ""),
      now: context.now,
      secrets: context.secrets
    })
    : ClaudeError.fromTransport(thrown, context.bounds, context.secrets)
}

/** Headers of an answer that failed, for the limiter. */
export const headersOf = (thrown: unknown): ((name: string) => string | null) | undefined =>
  isFailed(thrown) ? (name) => thrown.headers.get(name) : undefined

/** All pages of a listing. */
export const collect = async <A>(pages: AsyncIterable<A>): Promise<ReadonlyArray<A>> => {
  const all: Array<A> = []
  for await (const item of pages) all.push(item)
  return all
}
