/** The main job on an embedded default: a file of prompts against an account with limits, overload and broken lines. */
import { FaultServer, Organization, RequestRules, Routes } from "@effect-claude/fault-server"
import { Effect } from "effect"

/** Limits that the file of the demo exceeds in its first seconds; they refill as a real account's do. */
const limits = { requestsPerMinute: 400, inputTokensPerMinute: 180_000, outputTokensPerMinute: 40_000 }

/** An account that is overloaded for some seconds, resets one connection in fifty and cuts one stream in fifty. */
export const account = Effect.gen(function*() {
  const organization = yield* Organization.make({
    seed: 7,
    limits,
    burst: 0.5,
    latency: { firstToken: 300, tokensPerSecond: 400, spread: 0.3 },
    overload: [{ from: 3, to: 5, rate: 0.5 }],
    resets: 0.02,
    cuts: 0.02
  })
  const server = yield* FaultServer.make(RequestRules.make(Routes.make(organization.handler)))
  return { organization, url: server.url }
})
