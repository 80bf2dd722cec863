/** Start it in two terminals: `REDIS_URL=redis://localhost:6379 node run.ts 40`. */
import { NodeRedis, NodeRuntime } from "@effect/platform-node"
import { Config, Console, Effect, Layer } from "effect"
import { layer, program } from "./main.ts"

const redis = NodeRedis.layerConfig({ url: Config.String("REDIS_URL") })
const questions = Number(process.argv[2] ?? 40)

program(questions).pipe(
  Effect.flatMap((answered) => Console.log(`${answered} of ${questions} answered`)),
  Effect.provide(layer().pipe(Layer.provide(redis))),
  NodeRuntime.runMain
)
