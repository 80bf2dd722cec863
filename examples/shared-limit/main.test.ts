import { FaultServer, Organization } from "@effect-claude/fault-server"
import { NodeRedis } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import type { ClaudeRateLimiter } from "effect-claude"
import { spawn, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { account, layer, model, program } from "./main.ts"

const installed = spawnSync("redis-server", ["--version"]).status === 0

/** A redis-server of its own on a socket. */
const redisServer = Effect.acquireRelease(
  Effect.promise(() => {
    const dir = mkdtempSync(join(tmpdir(), "effect-claude-shared-limit-"))
    const path = join(dir, "redis.sock")
    const server = spawn("redis-server", ["--port", "0", "--unixsocket", path, "--dir", dir, "--save", ""])
    return new Promise<{ readonly dir: string; readonly path: string; readonly server: typeof server }>((resolve) =>
      server.stdout.on("data", (said) => {
        if (/ready to accept/i.test(String(said))) resolve({ dir, path, server })
      })
    )
  }),
  ({ dir, server }) =>
    Effect.promise(() =>
      new Promise<void>((resolve) => {
        server.on("exit", () => {
          rmSync(dir, { recursive: true })
          resolve()
        })
        server.kill()
      })
    )
)

/** A minute of the account lasts six seconds. */
const speed = 10
const limits = { requestsPerMinute: 50, inputTokensPerMinute: 50_000, outputTokensPerMinute: 10_000 }
const quick: ClaudeRateLimiter.RedisOptions = {
  ...account,
  limits: {
    [model]: {
      requestsPerMinute: 50 * speed,
      inputTokensPerMinute: 50_000 * speed,
      outputTokensPerMinute: 10_000 * speed
    }
  },
  burst: 1 / speed
}

/** Two processes, one with most of the work, each over its own connection and limiter. */
const race = Effect.scoped(Effect.gen(function*() {
  const { path } = yield* redisServer
  const api = yield* Organization.make({ limits, speed, output: () => 20 })
  const fetch = yield* FaultServer.fetch(api.handler)
  const client = { fetch, apiKey: Redacted.make("sk-ant-example"), baseUrl: "http://claude.test" }
  const answered = yield* Effect.forEach(
    [50, 20],
    (questions) =>
      Effect.provide(
        program(questions),
        layer(client, quick).pipe(
          Layer.provide(Layer.fresh(NodeRedis.layer({ socket: { path, tls: false } })))
        ),
        { local: true }
      ),
    { concurrency: "unbounded" }
  )
  return { answered, ...(yield* api.stats) }
}))

describe.skipIf(!installed)("shared-limit (needs redis-server)", () => {
  it.live("two processes on one account: all is answered, and next to nothing refused", () =>
    Effect.gen(function*() {
      const { accepted, answered, limited } = yield* race
      assert.deepStrictEqual(answered, [50, 20])
      assert.strictEqual(accepted, 70)
      // At this speed the 100 ms that a first request may take longer are one request.
      assert.isAtMost(limited, 3)
    }))
})
