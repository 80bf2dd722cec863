/** One request under all policies, as the methods of the client ask for it. */
import type * as Anthropic from "@anthropic-ai/sdk/resources/messages"
import type * as Effect from "effect/Effect"
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import type { CallWatch } from "../../telemetry/internal/hook.ts"
import type { CallOptions, StreamOptions } from "../ClaudeClient.ts"
import type { Context } from "./attempts.ts"
import { measure } from "./measure.ts"

type Params = Omit<Anthropic.MessageCreateParamsNonStreaming, "stream">

/** What the limiter estimates from, read by every attempt. */
export interface Size {
  readonly bytes: number
  /** Some of it may be read from the cache. */
  readonly cached?: boolean
  readonly maxTokens: number | undefined
}

/** Among the options of a call where somebody listens; no caller gives it. */
export interface Told {
  readonly told?: CallWatch
}

export interface Request {
  readonly method: string
  readonly model: string
  readonly size: Size
  readonly options: CallOptions & Told
  /** To be counted by the API before the limiter is asked. */
  readonly count?: (() => Params) | undefined
  /** False for what must not be sent again once sent. */
  readonly resend: boolean
  /** False for what must never be on its way twice at once. */
  readonly hedged?: boolean
  /** True where its attempts may make calls: it takes no place in the bulkhead, which those need. */
  readonly calls?: boolean
  /** When the call that this is a part of must be done, as an instant. Default: its deadline from now. */
  readonly until?: number
}

export interface Run {
  <A>(
    request: Request,
    attempt: (context: Context) => Effect.Effect<A, ClaudeError.Reason>
  ): Effect.Effect<A, ClaudeError.ClaudeError>
}

/** The model's name, whatever was given for it where preflight is off. */
export const nameOf = (model: unknown): string => typeof model === "string" ? model : "unknown"

/** A thread that goes on is never sent again: the first may have arrived. */
export const mayResend = (params: object): boolean =>
  !("thread" in params && typeof params.thread === "object" && params.thread !== null && "type" in params.thread &&
    params.thread.type === "continue")

/** A request for a message; `current` may change from attempt to attempt. */
export const forMessage = (
  method: string,
  current: () => Params,
  options: StreamOptions & Told,
  until?: number
): Request => {
  const params = current()
  let measured: { readonly of: Params; readonly sum: ReturnType<typeof measure> } | undefined
  const sum = (): ReturnType<typeof measure> => {
    const now = current()
    if (measured?.of !== now) measured = { of: now, sum: measure(now) }
    return measured.sum
  }
  return {
    method,
    model: nameOf(params.model),
    size: {
      get bytes() {
        return sum().characters
      },
      get cached() {
        return sum().cached
      },
      get maxTokens() {
        // With preflight off it may be anything.
        const most: unknown = current().max_tokens
        return typeof most === "number" && Number.isFinite(most) ? most : undefined
      }
    },
    options,
    count: options.countTokens === true ? current : undefined,
    resend: mayResend(params),
    ...(until === undefined ? {} : { until })
  }
}
