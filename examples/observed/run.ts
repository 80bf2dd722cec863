import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"
import { ClaudeClient } from "effect-claude"
import { createServer } from "node:http"
import { metrics, observed, program } from "./main.ts"

const collector = process.env["OTEL_EXPORTER_OTLP_ENDPOINT"] ?? "http://127.0.0.1:4318"

const app = Layer.mergeAll(
  ClaudeClient.layerStandard(),
  metrics.pipe(Layer.provide(NodeHttpServer.layer(() => createServer(), { host: "127.0.0.1", port: 9464 })))
).pipe(
  Layer.provideMerge(
    observed({ collector, page: ({ cause, who }) => Console.error(`Somebody (${who}) has to act: ${cause}`) })
  )
)

Effect.gen(function*() {
  yield* Console.log(`${yield* program} of 3 answered; metrics at http://127.0.0.1:9464/metrics until Ctrl-C.`)
  return yield* Effect.never
}).pipe(Effect.provide(app), NodeRuntime.runMain)
