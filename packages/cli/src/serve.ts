/** `effect-claude serve`: the fault server alone. */
import { FaultServer, Organization, RequestRules, Routes } from "@effect-claude/fault-server"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"

export interface Options {
  readonly port: number
  readonly seed: number
  readonly limits: boolean
}

const howTo = (url: string): string =>
  `A local Claude API at ${url}. Any non-empty key is accepted; nothing leaves this machine.

  ANTHROPIC_BASE_URL=${url} ANTHROPIC_API_KEY=sk-ant-local <your program>
  new Anthropic({ baseURL: "${url}", apiKey: "sk-ant-local" })
  curl ${url}/v1/models -H "x-api-key: sk-ant-local"

Ctrl-C stops it.`

export const serve = (options: Options): Effect.Effect<void> =>
  Effect.scoped(Effect.gen(function*() {
    const organization = yield* Organization.make({ seed: options.seed })
    const messages = options.limits ? organization.handler : Routes.echo
    const server = yield* FaultServer.make(RequestRules.make(Routes.make(messages)), { port: options.port })
    yield* Console.log(howTo(server.url))
    return yield* Effect.never
  }))
