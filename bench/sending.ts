/** What it costs to send a conversation that grows by 2 kB a step, 400 times: a history against a list over the SDK. */
import Anthropic from "@anthropic-ai/sdk"
import { Effect, Layer, ManagedRuntime, Redacted, Result, Schema } from "effect"
import { ClaudeClient, History, Resilience, ToolLoop } from "effect-claude"
import { Tool, Toolkit } from "effect/ai"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { median, print } from "./table.ts"
import { answer } from "./toolAnswer.ts"

const steps = Number(process.env["STEPS"] ?? 400)
const rounds = Number(process.env["ROUNDS"] ?? 7)
const model = "claude-haiku-5-5"
const apiKey = "sk-ant-bench"
const tools = [{ name: "look", input_schema: { type: "object" as const } }]
const around = { model, max_tokens: 1024, tools }
const content = "say \"x\"\n".repeat(256)
const result = (tool_use_id: string) => ({ type: "tool_result" as const, tool_use_id, content })
const ask = "Look around."

type Loop = () => Promise<void>

/** As one writes it by hand: each step sends the whole list. */
const bySdk = (sdk: Anthropic): Loop => async () => {
  const messages: Array<Anthropic.MessageParam> = [{ role: "user", content: ask }]
  for (let n = 0; n < steps; n++) {
    const message = await sdk.messages.create({ ...around, messages })
    const [block] = message.content
    if (block?.type !== "tool_use") throw new Error("no call")
    const call = { ...block, id: `toolu_${n}` }
    messages.push({ role: "assistant", content: [call] }, { role: "user", content: [result(call.id)] })
  }
}

/** The same over a history, under every policy. */
const byHistory = (client: ClaudeClient.ClaudeClient["Service"]): Loop => () =>
  Effect.runPromise(Effect.gen(function*() {
    let history = History.make(ask)
    for (let n = 0; n < steps; n++) {
      const message = yield* client.createMessage({ ...around, messages: History.toMessages(history) })
      const [block] = message.content
      if (block?.type !== "tool_use") throw new Error("no call")
      const open = Result.getOrThrow(
        History.appendAssistant(history, { content: [{ ...block, id: `toolu_${n}` }] })
      )
      if (!History.isPending(open)) throw new Error("no call")
      history = Result.getOrThrow(History.appendResults(open, open.calls.map(({ id }) => result(id))))
    }
  }))

const Look = Tool.make("look", { parameters: Schema.Struct({ path: Schema.String }), success: Schema.String })
const toolkit = Toolkit.make(Look)
const handlers = toolkit.toLayer({ look: () => Effect.succeed(content) })

/** The same by the tool loop: input decoded, handler in a fiber of its own, limits, guard and money counted. */
const byLoop = (client: ClaudeClient.ClaudeClient["Service"]): Loop => () => {
  let calls = 0
  const numbered: typeof client = {
    ...client,
    createMessage: (params, options) =>
      Effect.map(client.createMessage(params, options), (message) => ({
        ...message,
        content: message.content.map((block) =>
          block.type === "tool_use" ? { ...block, id: `toolu_${calls++}` } : block
        )
      }))
  }
  const limits = { turns: steps, toolCalls: Infinity, identicalCalls: Infinity, wallTime: "1 hour" } as const
  const run = ToolLoop.run({ model, max_tokens: 1024, history: History.make(ask), toolkit, limits })
  return Effect.runPromise(
    Effect.asVoid(run).pipe(
      Effect.provide(Layer.mergeAll(ToolLoop.layer(), handlers)),
      Effect.provideService(ClaudeClient.ClaudeClient, numbered)
    )
  )
}

interface Sample {
  readonly wall: number
  readonly cpu: number
}

const measure = async (loop: Loop): Promise<Sample> => {
  const before = process.cpuUsage()
  const start = performance.now()
  await loop()
  const wall = performance.now() - start
  const { system, user } = process.cpuUsage(before)
  return { wall, cpu: (user + system) / 1000 }
}

const ratio = (ours: ReadonlyArray<number>, theirs: ReadonlyArray<number>): string => {
  const all = ours.map((one, at) => one / theirs[at]!)
  return `${median(all).toFixed(2)} (${Math.min(...all).toFixed(2)}-${Math.max(...all).toFixed(2)})`
}

const compare = async (name: string, baseURL: string, fetch: typeof globalThis.fetch | undefined) => {
  const sdk = new Anthropic({ apiKey, baseURL, logLevel: "off", maxRetries: 0, ...(fetch && { fetch }) })
  const limits = { requestsPerMinute: 1e9, inputTokensPerMinute: 1e12, outputTokensPerMinute: 1e12 }
  const runtime = ManagedRuntime.make(
    ClaudeClient.layer({ apiKey: Redacted.make(apiKey), baseUrl: baseURL, ...(fetch && { fetch }) }).pipe(
      Layer.provide(Resilience.layer({ limiter: { key: name, limits: { [model]: limits } } }))
    )
  )
  const client = await runtime.runPromise(ClaudeClient.ClaudeClient)
  const loops = { sdk: bySdk(sdk), ours: byHistory(client), loop: byLoop(client) }
  for (const loop of Object.values(loops)) await measure(loop)
  const samples = { sdk: Array<Sample>(), ours: Array<Sample>(), loop: Array<Sample>() }
  for (let round = 0; round < rounds; round++) {
    const order = ["sdk", "ours", "loop"] as const
    for (const one of round % 2 === 0 ? order : order.toReversed()) samples[one].push(await measure(loops[one]))
  }
  await runtime.dispose()
  const of = (one: keyof typeof samples, what: keyof Sample) => samples[one].map((sample) => sample[what])
  return (["wall", "cpu"] as const).map((what) => [
    `${name}, ${what}`,
    median(of("sdk", what)).toFixed(0),
    median(of("ours", what)).toFixed(0),
    ratio(of("ours", what), of("sdk", what)),
    median(of("loop", what)).toFixed(0),
    ratio(of("loop", what), of("sdk", what))
  ])
}

/** Encodes the body, as a socket must. */
const local: typeof globalThis.fetch = async (_, init) => {
  if (typeof init?.body === "string") Buffer.from(init.body)
  return new Response(answer, { headers: { "content-type": "application/json" } })
}

export const sending = async (): Promise<void> => {
  const inProcess = await compare("in process", "http://claude.test", local)
  const sink = spawn(process.execPath, [join(import.meta.dirname, "sink.ts")], { stdio: ["ignore", "pipe", "inherit"] })
  const [first] = await once(sink.stdout, "data")
  const overSocket = await compare("over a socket", String(first).trim(), undefined)
  sink.kill()
  print(`a loop of ${steps} steps with 2 kB results, ${rounds} rounds interleaved`, [
    "",
    "SDK messages.create ms",
    "history ms",
    "ratio",
    "ToolLoop ms",
    "ratio"
  ], [...inProcess, ...overSocket])
}

if (import.meta.main) await sending()
