/**
 * What a program of Effect AI pays for our client: the client alone, Effect AI around it with parts that are there already,
 * and our layer, interleaved in one process. `ROUNDS=3 SIZES=500,2000` makes it short.
 */
import { FaultServer, Reply, Script } from "@effect-claude/fault-server"
import { Array as Arr, Effect, Layer, ManagedRuntime, Redacted, Schema, Stream } from "effect"
import { ClaudeClient, ClaudeLanguageModel, Resilience } from "effect-claude"
import { LanguageModel, type Response, Tool, Toolkit } from "effect/ai"
import { answer, type Kind } from "./streamAnswer.ts"
import { median, print } from "./table.ts"

const rounds = Number(process.env["ROUNDS"] ?? 7)
const sizes = process.env["SIZES"]?.split(",").map(Number) ?? [500, 2000, 8000]
const model = "claude-haiku-5-5"
const prompt = "A question of usual length. ".repeat(10)
const params = { model, max_tokens: 256, messages: [{ role: "user" as const, content: prompt }] }
const toolkit = Toolkit.make(Tool.make("write_file", { parameters: Schema.Struct({ text: Schema.String }) }))

type Client = ClaudeClient.ClaudeClient["Service"]

const usage = { inputTokens: { total: 10 }, outputTokens: { total: 12 } }
const parts = [
  { type: "response-metadata", id: "msg_1", modelId: model },
  { type: "text", text: "Hello!" },
  { type: "finish", reason: "stop", usage }
] as const
const delta: Readonly<Record<Kind, Response.StreamPartEncoded>> = {
  text: { type: "text-delta", id: "0", delta: "Sixteen letters." },
  tool: { type: "tool-params-delta", id: "toolu_1", delta: "Sixteen letters." }
}

/** Effect AI around the same calls, and nothing translated: an event is a part that was there before. */
const untranslated = (client: Client, kind: Kind) =>
  LanguageModel.make({
    generateText: () => Effect.as(Effect.orDie(client.createMessage(params)), [...parts]),
    streamText: () =>
      Stream.mapArray(Stream.orDie(client.streamMessage(params)), (list) => Arr.map(list, () => delta[kind]))
  })

const names = ["client", "untranslated", "ours"] as const
type Name = typeof names[number]
type Samples = Readonly<Record<Name, Array<number>>>

/** Microseconds of CPU of each, once a round, in another order each time. */
const interleaved = async (
  candidates: Readonly<Record<Name, Effect.Effect<unknown, unknown>>>,
  repeats: number
): Promise<Samples> => {
  const samples: Samples = { client: [], untranslated: [], ours: [] }
  for (let round = -2; round < rounds; round++) {
    for (let n = 0; n < names.length; n++) {
      const name = names[(n + round + 2) % names.length]!
      const before = process.cpuUsage()
      await Effect.runPromise(Effect.repeat(candidates[name], { times: repeats - 1 }))
      const { system, user } = process.cpuUsage(before)
      // The first two rounds warm up.
      if (round >= 0) samples[name].push((user + system) / repeats)
    }
  }
  return samples
}

const row = (name: string, samples: Samples, per: number): ReadonlyArray<string> => {
  const micros = (which: Name) => (median(samples[which]) / per).toFixed(per === 1 ? 0 : 2)
  const ratio = (below: Name) => {
    const ratios = samples.ours.map((one, at) => one / samples[below][at]!)
    return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)})`
  }
  return [name, ...names.map(micros), ratio("untranslated"), ratio("client")]
}

interface Models {
  readonly client: Client
  readonly untranslated: LanguageModel.LanguageModel
  readonly ours: LanguageModel.LanguageModel
}

/** Everything but the network: the real SDK over an answer in this process, with every policy on. */
const over = async <A>(reply: Reply.Reply, kind: Kind, use: (models: Models) => Promise<A>): Promise<A> => {
  const fetch = await Effect.runPromise(FaultServer.fetch(Script.always(reply)))
  const limits = { requestsPerMinute: 1e9, inputTokensPerMinute: 1e12, outputTokensPerMinute: 1e12 }
  const runtime = ManagedRuntime.make(
    ClaudeLanguageModel.layer({ model, max_tokens: 256 }).pipe(
      Layer.provideMerge(
        ClaudeClient.layer({ apiKey: Redacted.make("sk-ant-bench"), baseUrl: "http://claude.test", fetch })
      ),
      Layer.provide(Resilience.layer({ limiter: { key: "bench", limits: { [model]: limits } } }))
    )
  )
  const client = await runtime.runPromise(ClaudeClient.ClaudeClient)
  const ours = await runtime.runPromise(LanguageModel.LanguageModel)
  const used = await use({ client, ours, untranslated: await Effect.runPromise(untranslated(client, kind)) })
  await runtime.dispose()
  return used
}

const through = <A, E>(ask: Effect.Effect<A, E, LanguageModel.LanguageModel>, { ours, untranslated }: Models) => ({
  ours: Effect.provideService(ask, LanguageModel.LanguageModel, ours),
  untranslated: Effect.provideService(ask, LanguageModel.LanguageModel, untranslated)
})

const calls = (): Promise<ReadonlyArray<string>> =>
  over(Reply.json(200, Reply.message("Hello!")), "text", async (models) => {
    const ask = LanguageModel.generateText({ prompt })
    const candidates = { client: models.client.createMessage(params), ...through(ask, models) }
    return row("a call, µs", await interleaved(candidates, 1000), 1)
  })

const deltas = (kind: Kind, count: number): Promise<ReadonlyArray<string>> =>
  over(answer(kind, count), kind, async (models) => {
    const ask = Stream.runDrain(LanguageModel.streamText({ prompt, toolkit, disableToolCallResolution: true }))
    const candidates = { client: Stream.runDrain(models.client.streamMessage(params)), ...through(ask, models) }
    return row(`${count} ${kind} deltas, µs each`, await interleaved(candidates, Math.ceil(16_000 / count)), count)
  })

export const languageModel = async (): Promise<void> => {
  const rows = [await calls()]
  for (const kind of ["text", "tool"] as const) for (const count of sizes) rows.push(await deltas(kind, count))
  print(
    `LanguageModel over our client: CPU, median of ${rounds} interleaved rounds`,
    ["", "client alone", "in Effect AI, untranslated", "our layer", "layer / untranslated", "layer / client"],
    rows
  )
}

if (import.meta.main) await languageModel()
