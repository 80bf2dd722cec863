/** The Batches calls of a client: each one call under all policies, beside the limits of messages. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as ClaudeError from "../../../errors/ClaudeError.ts"
import { noUsage } from "../../../errors/internal/fields.ts"
import type { Settings } from "../../../policies/Resilience.ts"
import * as Attempts from "../attempts.ts"
import { parse } from "../fields.ts"
import type { Gate } from "../gate.ts"
import type { Run, Told } from "../run.ts"
import * as Sdk from "../sdk.ts"
import type { Batches, CallOptions, CreateOptions, Request, Result } from "./api.ts"
import * as Decode from "./decode.ts"
import { lines } from "./lines.ts"

export interface Surroundings {
  readonly run: Run
  readonly transport: Attempts.Transport
  readonly settings: Settings
  readonly missing: (method: string) => ClaudeError.Reason
  readonly gate: Gate
  /** A call to whoever listens. */
  readonly watch: <A>(
    method: string,
    call: (told: Told) => Effect.Effect<A, ClaudeError.ClaudeError>
  ) => Effect.Effect<A, ClaudeError.ClaudeError>
}

const root = "/v1/messages/batches"
const pathOf = (id: string, action = ""): string => `${root}/${encodeURIComponent(id)}${action}`

/** Bytes a millisecond: what is slower counts as no answer. */
const slowestUpload = 1000

const encoder = new TextEncoder()
const bodyOf = (requests: ReadonlyArray<Request> | Uint8Array): Uint8Array =>
  requests instanceof Uint8Array ? requests : encoder.encode(JSON.stringify({ requests }))

/** After these the batch may exist: the answer alone was lost. */
const mayExist = (reason: ClaudeError.Reason): boolean => {
  switch (reason._tag) {
    case "ServerFailed":
    case "MalformedResponse":
    case "DeadlineExceeded":
      return true
    case "ConnectionFailed":
      return reason.code !== "ECONNREFUSED" && reason.code !== "ENOTFOUND"
    case "TimedOut":
      return reason.phase !== "connect"
    default:
      return false
  }
}

export const make = ({ gate, missing, run, settings, transport, watch }: Surroundings): Batches => {
  const { headers } = settings.timeouts

  const open = (context: Attempts.Context, asked: Sdk.Asked): Effect.Effect<Sdk.Opened, ClaudeError.Reason> =>
    Effect.suspend(() => {
      const start = transport.sdk.messages.batches === undefined ? undefined : Sdk.askPath(transport.sdk, asked)
      if (start === undefined) return Effect.fail(missing("batches"))
      const controller = new AbortController()
      const upload = Duration.millis((asked.body?.length ?? 0) / slowestUpload)
      const bound = Duration.sum(headers, upload)
      return Effect.andThen(
        context.lease.sent,
        Attempts.within(context, bound, "headers", () => start(controller.signal), () => controller.abort())
      )
    })

  const json =
    <A>(asked: Sdk.Asked, is: (value: unknown) => value is A) =>
    (context: Attempts.Context): Effect.Effect<A, ClaudeError.Reason> =>
      Effect.flatMap(open(context, asked), (opened) =>
        Effect.flatMap(Attempts.whole(context, opened), (body) => {
          const value = parse(body)
          return is(value)
            ? Effect.as(context.lease.succeed(noUsage), value)
            : Effect.fail(Attempts.malformed(context, opened, body))
        }))

  const size = { bytes: 0, maxTokens: undefined }
  const ask = <A>(
    method: string,
    options: CallOptions,
    attempt: (context: Attempts.Context) => Effect.Effect<A, ClaudeError.Reason>
  ): Effect.Effect<A, ClaudeError.ClaudeError> =>
    watch(
      method,
      (told) =>
        run({ method, model: method, size, options: { ...options, ...told }, resend: true, hedged: false }, attempt)
    )

  const create = (requests: ReadonlyArray<Request> | Uint8Array, options: CreateOptions = {}) =>
    Effect.suspend(() => {
      const { lost } = options
      const send = json({ method: "post", path: root, body: bodyOf(requests) }, Decode.isBatch)
      let unknown = false
      const sent = (context: Attempts.Context) =>
        Effect.tapError(send(context), (reason) =>
          Effect.sync(() => {
            unknown = mayExist(reason)
          }))
      const method = "createBatch"
      const once = (told: Told) =>
        run({
          method,
          model: method,
          size,
          options: { ...options, ...told },
          hedged: false,
          calls: true,
          get resend() {
            return !unknown || lost !== undefined
          }
        }, (context) => {
          if (!unknown || lost === undefined) return sent(context)
          return Effect.flatMap(Effect.mapError(lost, (error) => error.reason), (found) => {
            unknown = found === undefined && unknown
            return found === undefined
              ? sent(context)
              : Effect.as(context.lease.succeed(noUsage), found)
          })
        })
      return watch(method, once)
    })

  const get = (id: string, options: CallOptions = {}) =>
    ask("getBatch", options, json({ method: "get", path: pathOf(id) }, Decode.isBatch))

  const results = (id: string, options: CallOptions = {}): Stream.Stream<Result, ClaudeError.ClaudeError> => {
    const method = "batchResults"
    const failed = (reason: ClaudeError.Reason) => new ClaudeError.ClaudeError({ method, reason, attempts: [] })
    return Stream.unwrap(Effect.gen(function*() {
      const batch = yield* get(id, options)
      if (batch.processing_status !== "ended" || batch.archived_at !== null) {
        const why = batch.archived_at === null ? "has not ended" : "ended more than 29 days ago"
        const message = `The batch ${id} has no results: it ${why}.`
        return yield* Effect.fail(failed(new ClaudeError.NotFound({ message, resource: "other" })))
      }
      const asked: Sdk.Asked = { method: "get", path: pathOf(id, "/results") }
      const { context, opened } = yield* ask(
        method,
        options,
        (context) =>
          Effect.flatMap(
            open(context, asked),
            (opened) => Effect.as(context.lease.succeed(noUsage), { context, opened })
          )
      )
      let came = 0
      const size = Decode.sizeOf(batch)
      const short = Effect.suspend(() =>
        came >= size ? Effect.void : Effect.fail(failed(
          new ClaudeError.ConnectionFailed({
            message: `The results of ${id} ended after ${came} of ${size}.`,
            status: opened.status,
            requestId: opened.header("request-id") ?? undefined
          })
        ))
      )
      return lines(context, opened).pipe(
        Stream.mapError(failed),
        Stream.map((line) => Decode.result(line, transport.now(), transport.secrets)),
        Stream.filter((result) => result !== undefined),
        Stream.tap(() => Effect.sync(() => void came++)),
        Stream.concat(Stream.fromEffectDrain(short))
      )
    }))
  }

  return {
    create,
    get,
    results,
    check: (request) => gate.batch(request),
    cancel: (id, options = {}) =>
      ask("cancelBatch", options, json({ method: "post", path: pathOf(id, "/cancel") }, Decode.isBatch)),
    remove: (id, options = {}) =>
      ask(
        "removeBatch",
        options,
        json({ method: "delete", path: pathOf(id) }, (value): value is object => typeof value === "object")
      ).pipe(Effect.asVoid),
    list: ({ pageSize = 100, ...options } = {}) =>
      Stream.paginate(undefined, (after: string | undefined) =>
        Effect.map(
          ask(
            "listBatches",
            options,
            json({ method: "get", path: root, query: { limit: pageSize, after_id: after } }, Decode.isPage)
          ),
          ({ data, has_more }) => {
            const last = data.at(-1)?.id
            return [data, has_more && last !== undefined ? Option.some(last) : Option.none()] as const
          }
        ))
  }
}
