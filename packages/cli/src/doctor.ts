// @effect-diagnostics strictEffectProvide:off
/** `effect-claude doctor`: what stands between this machine and an answer, checked in order. */
import { ClaudeClient, type ClaudeError, ClaudeRateLimiter, Diagnosis, Resilience } from "effect-claude"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { probe, type Seen } from "./internal/doctor/probe.ts"
import { fault, note, ok, type Row, unchecked } from "./internal/doctor/rows.ts"
import * as Streaming from "./internal/doctor/streaming.ts"
import type { Paint } from "./internal/paint.ts"

export type { Row } from "./internal/doctor/rows.ts"

export interface Options {
  /** Models that must exist. */
  readonly models: ReadonlyArray<string>
  /** Ask for one short message, which costs a few dozen tokens. */
  readonly message: boolean
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Bounds in milliseconds: of name lookup and bare request each, and of each call. */
const probeWithin = 10_000
const callWithin = 30_000
/** So long may a stream of a few dozen tokens take in all, pings or not. */
const streamWithin = 30_000
/** A clock further off than this misreads hints and certificates. */
const mostSkew = 60_000
const day = 86_400_000

const checks = ["key", "proxy", "endpoint", "clock", "key accepted", "models", "streaming", "limits"] as const

const proxyRow = (env: Options["env"]): Row => {
  const names = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"]
  const set = names.flatMap((name) => [name, name.toLowerCase()]).filter((name) => (env[name] ?? "") !== "")
  return set.length === 0 ? ok("proxy", "no proxy variables are set") : note(
    "proxy",
    `${set.join(", ")} set; the client's own connections do not use a proxy`,
    "Give ClaudeClient.layer({ fetch }) a fetch that does, or set ANTHROPIC_BASE_URL to a gateway."
  )
}

const endpointFix = {
  name: "Check ANTHROPIC_BASE_URL and the name server.",
  connection: "Check ANTHROPIC_BASE_URL, firewall and proxy; something must listen there.",
  encryption:
    "Check https in ANTHROPIC_BASE_URL; behind a proxy that reads TLS trust its certificate with NODE_EXTRA_CA_CERTS.",
  answer: "Something accepts the connection and does not answer: look at the proxy or gateway."
} as const

const endpointRow = (base: string, seen: Seen): Row =>
  seen._tag === "Answered"
    ? ok(
      "endpoint",
      `${new URL(base).host} answers in ${Math.round(seen.millis)} ms${seen.encrypted ? "" : ", without TLS"}`
    )
    : fault(
      "endpoint",
      `${new URL(base).host}: ${seen.at}: ${[seen.code, seen.message].filter((part) => part !== "").join(" ")}`,
      endpointFix[seen.at]
    )

const clockRow = (seen: Seen & { readonly _tag: "Answered" }, now: number): Row => {
  const there = Date.parse(seen.date ?? "")
  if (Number.isNaN(there)) return note("clock", "the answer has no date to compare with")
  const skew = now - there
  const seconds = Math.round(Math.abs(skew) / 1000)
  return Math.abs(skew) <= mostSkew
    ? ok("clock", `within ${Math.max(1, seconds)} s of the server's`)
    : fault(
      "clock",
      `${seconds} s ${skew > 0 ? "ahead of" : "behind"} the server's`,
      "Set the clock, or let it be set (NTP)."
    )
}

const advice = (check: string, error: ClaudeError.ClaudeError): Row => {
  const { cause, steps } = Diagnosis.of(error.reason)
  return fault(check, `${error.reason._tag}: ${error.reason.message}`, steps[0] ?? cause)
}

const life = (
  retiresAt: string | null | undefined,
  lifecycle: string | undefined,
  now: number
): Row["verdict"] | string => {
  if (lifecycle === "retired") return "retired"
  if (retiresAt === null || retiresAt === undefined || Number.isNaN(Date.parse(retiresAt))) return lifecycle ?? "active"
  const days = Math.floor((Date.parse(retiresAt) - now) / day)
  return days < 0 ? "retired" : `${lifecycle ?? "active"}, retires ${retiresAt.slice(0, 10)} (in ${days} days)`
}

const modelRow = (id: string, now: number): Effect.Effect<Row, never, ClaudeClient.ClaudeClient> =>
  ClaudeClient.getModel(id).pipe(
    Effect.match({
      onFailure: (error) => advice(`model ${id}`, error),
      onSuccess: (info) => {
        const state = life(info.retires_at, info.lifecycle, now)
        if (state === "retired") return fault(`model ${id}`, "retired", "Move to its successor.")
        return state === "active"
          ? ok(`model ${id}`, state)
          : note(`model ${id}`, state, "Plan the move to its successor.")
      }
    })
  )

const limitRows = Effect.map(
  ClaudeRateLimiter.ClaudeRateLimiter.use((limiter) => limiter.state),
  (states): Row => {
    const known = states.flatMap(({ limits, name }) => {
      const parts = [
        limits.requests === undefined ? undefined : `${limits.requests} requests`,
        limits.inputTokens === undefined ? undefined : `${limits.inputTokens} input tokens`,
        limits.outputTokens === undefined ? undefined : `${limits.outputTokens} output tokens`
      ].filter((part) => part !== undefined)
      return parts.length === 0 ? [] : [`${name}: ${parts.join(", ")} a minute`]
    })
    return known.length > 0 ? ok("limits", known.join("; ")) : note(
      "limits",
      "the answer has no rate-limit headers, as through most clouds and gateways",
      "Give ClaudeRateLimiter.layer({ limits }) the account's numbers."
    )
  }
)

const streamingRow = (model: string): Effect.Effect<Row, never, ClaudeClient.ClaudeClient> =>
  Streaming.time(model, streamWithin).pipe(Effect.match({
    onFailure: (error) => advice("streaming", error),
    onSuccess: (timing) => {
      if (timing === "unfinished") {
        return fault(
          "streaming",
          `not done within ${streamWithin / 1000} s`,
          "Something between sends the answer too slowly: look at the proxy or gateway, then ask again."
        )
      }
      const found = `${timing.events} events, the first after ${timing.first} ms, the last ${timing.spread} ms later`
      return Streaming.isHeldBack(timing)
        ? fault(
          "streaming",
          `held back: ${found}`,
          "A proxy buffers the stream: turn its response buffering off (nginx: proxy_buffering off; proxy_read_timeout 600s;)."
        )
        : ok("streaming", found)
    }
  }))

/** With the client: models, a stream, the limits its headers tell. */
const calls = Effect.fnUntraced(function*({ message, models }: Options) {
  const now = yield* Clock.currentTimeMillis
  const listed = yield* Effect.result(ClaudeClient.listModels())
  const known = listed._tag === "Success" ? listed.success.map((info) => info.id) : []
  const named = yield* Effect.forEach(models, (id) => modelRow(id, now))
  const rows: Array<Row> = models.length > 0 ? named : [
    listed._tag === "Success"
      ? ok("models", `${known.length} may be used; name one with --model to see how long it lives`)
      : note("models", `cannot be listed: ${listed.failure.reason.message}`)
  ]
  const model = models[0] ?? known.find((id) => id.includes("haiku")) ?? known[0]
  if (!message) {
    const why = "not asked for (--no-message)"
    return [...rows, unchecked("streaming", why), unchecked("limits", why)]
  }
  if (model === undefined) {
    const why = "no model is known; name one with --model"
    return [...rows, unchecked("streaming", why), unchecked("limits", why)]
  }
  const streaming = yield* streamingRow(model)
  return [
    ...rows,
    streaming,
    streaming.verdict === "fault" && !streaming.found.startsWith("held back")
      ? unchecked("limits", "no answer to read them from")
      : yield* limitRows
  ]
})

const rest = (rows: ReadonlyArray<Row>, why: string): ReadonlyArray<Row> => [
  ...rows,
  ...checks.slice(rows.length).map((check) => unchecked(check, why))
]

/** One row a check, in order; what an earlier fault makes impossible is unchecked. */
export const doctor = Effect.fnUntraced(function*(options: Options) {
  const key = options.env["ANTHROPIC_API_KEY"] ?? ""
  const base = options.env["ANTHROPIC_BASE_URL"] || "https://api.anthropic.com"
  const client = ClaudeClient.layer({ maxAttempts: 1, deadline: callWithin }).pipe(
    Layer.provideMerge(Resilience.layer())
  )
  const bad = yield* Effect.scoped(Layer.build(client)).pipe(
    Effect.as(undefined),
    Effect.catchTag("InvalidKey", (error) => Effect.succeed(error.problem)),
    Effect.orDie
  )
  const rows: Array<Row> = [
    bad === undefined
      ? key.startsWith("sk-ant-")
        ? ok("key", "set and well-formed")
        : note("key", "set; it does not begin with sk-ant-, as a gateway's own may")
      : fault("key", bad, "Set ANTHROPIC_API_KEY to the key alone, without quotes or white space."),
    proxyRow(options.env)
  ]
  // "localhost:8787" parses too: its scheme is "localhost:".
  if (!URL.canParse(base) || !/^https?:$/.test(new URL(base).protocol)) {
    rows.push(
      fault("endpoint", "ANTHROPIC_BASE_URL is no http or https address", "Write https://… up to, not including, /v1.")
    )
    return rest(rows, "there is no endpoint")
  }
  const seen = yield* probe(base, bad === undefined ? key : "", probeWithin)
  rows.push(endpointRow(base, seen))
  if (seen._tag === "Failed") return rest(rows, "the endpoint does not answer")
  rows.push(clockRow(seen, yield* Clock.currentTimeMillis))
  if (bad !== undefined) return rest(rows, "there is no key to try")
  if (seen.status === 401 || seen.status === 403) {
    rows.push(
      fault("key accepted", `refused with ${seen.status}`, "Create a new key in the Console, or use the gateway's own.")
    )
    return rest(rows, "the key is refused")
  }
  rows.push(
    seen.status < 300
      ? ok("key accepted", "yes")
      : note(
        "key accepted",
        `the endpoint answered ${seen.status} when asked for its models`,
        "A gateway may not offer them."
      )
  )
  const more = yield* Effect.provide(calls(options), client).pipe(Effect.orDie)
  return [...rows, ...more]
})

/** A row a line, faults with what to do. */
export const text = (rows: ReadonlyArray<Row>, paint: Paint): string => {
  const width = Math.max(...rows.map((row) => row.check.length))
  const marks = {
    ok: paint.green("ok       "),
    note: paint.yellow("note     "),
    fault: paint.red("FAULT    "),
    unchecked: paint.dim("unchecked")
  }
  return rows.map(({ check, fix, found, verdict }) =>
    `${marks[verdict]}  ${check.padEnd(width)}  ${found}\n${
      fix === undefined ? "" : `${" ".repeat(13 + width)}→ ${fix}\n`
    }`
  ).join("")
}

/** 1 where something is at fault. */
export const exitCode = (rows: ReadonlyArray<Row>): number => rows.some((row) => row.verdict === "fault") ? 1 : 0
