/** One request under all policies, as the methods of the client ask for it. */
import type * as Anthropic from "@anthropic-ai/sdk/resources/messages"
import type * as Effect from "effect/Effect"
import type * as ClaudeError from "../../errors/ClaudeError.ts"
import type { LimiterRequest } from "../../policies/internal/call.ts"
import type { CallWatch } from "../../telemetry/internal/hook.ts"
import type { CallOptions, StreamOptions } from "../ClaudeClient.ts"
import type { Context } from "./attempts.ts"
import { measure } from "./measure.ts"

type Params = Omit<Anthropic.MessageCreateParamsNonStreaming, "stream">

/** What the limiter estimates from, read by every attempt. */
export interface Size {
  readonly bytes: number
  /** Some of it may be read from the cache. */
  readonly cached?: boolean | undefined
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

/** What the limiter is asked for. */
export class Asked implements LimiterRequest {
  readonly watched = true
  readonly model: string
  readonly inputTokens: number | undefined
  readonly priority: number | undefined
  private readonly size: Size

  constructor(model: string, size: Size, inputTokens: number | undefined, priority: number | undefined) {
    this.model = model
    this.size = size
    this.inputTokens = inputTokens
    this.priority = priority
  }

  get inputBytes(): number {
    return this.size.bytes
  }
  get cached(): boolean | undefined {
    return this.size.cached
  }
  get maxTokens(): number | undefined {
    return this.size.maxTokens
  }
}

/** Measured once for all attempts that send the same. */
class MessageSize implements Size {
  private readonly current: () => Params
  private measured: { readonly of: Params; readonly sum: ReturnType<typeof measure> } | undefined

  constructor(current: () => Params) {
    this.current = current
  }

  private get sum(): ReturnType<typeof measure> {
    const of = this.current()
    if (this.measured?.of !== of) this.measured = { of, sum: measure(of) }
    return this.measured.sum
  }
  get bytes(): number {
    return this.sum.characters
  }
  get cached(): boolean {
    return this.sum.cached
  }
  get maxTokens(): number | undefined {
    // With preflight off it may be anything.
    const most: unknown = this.current().max_tokens
    return typeof most === "number" && Number.isFinite(most) ? most : undefined
  }
}

/** A request for a message; `current` may change from attempt to attempt. */
export const forMessage = (
  method: string,
  current: () => Params,
  options: StreamOptions & Told,
  until?: number
): Request => {
  const params = current()
  return {
    method,
    model: nameOf(params.model),
    size: new MessageSize(current),
    options,
    count: options.countTokens === true ? current : undefined,
    resend: mayResend(params),
    ...(until === undefined ? {} : { until })
  }
}
