/** `effect-claude serve`: the fault server alone. */
import { FaultServer, Organization, RequestRules, Routes } from "@effect-claude/fault-server"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { live } from "./internal/report/live.ts"
import { Served } from "./internal/report/served.ts"

export interface Options {
  readonly port: number
  readonly seed: number
  readonly limits: boolean
}

const howTo = (url: string, page: string): string =>
  `A local Claude API at ${url}. Any non-empty key is accepted; nothing leaves this machine.

  ANTHROPIC_BASE_URL=${url} ANTHROPIC_API_KEY=sk-ant-local <your program>
  new Anthropic({ baseURL: "${url}", apiKey: "sk-ant-local" })
  curl ${url}/v1/models -H "x-api-key: sk-ant-local"

What it is asked and answers is drawn at ${page}
Ctrl-C stops it.`

export const serve = (options: Options): Effect.Effect<void> =>
  Effect.scoped(Effect.gen(function*() {
    const organization = yield* Organization.make({ seed: options.seed })
    const messages = options.limits ? organization.handler : Routes.echo
    const { currentTimeMillisUnsafe: now } = yield* Clock.Clock
    const { limits, seed } = options
    const served = new Served(now, "Fault server", {
      limits: limits ? "those of an account" : "none",
      seed: String(seed)
    })
    const batches = { each: RequestRules.make(messages) }
    const handler = RequestRules.make(Routes.make(messages, { batches }))
    const server = yield* FaultServer.make(served.watch(handler), { port: options.port })
    const page = yield* Effect.orDie(live((isRunning) => served.data(isRunning)))
    yield* Console.log(howTo(server.url, page))
    return yield* Effect.never
  }))
