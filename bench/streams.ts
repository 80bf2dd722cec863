/**
 * What one delta of a stream costs, whatever the length: a hand-written parser, the SDK, the Vercel AI SDK and ours with
 * every policy and the watchdog on, interleaved over one source in the process. `SIZES=500,2000` limits the lengths.
 */
import { createAnthropic } from "@ai-sdk/anthropic"
import Anthropic from "@anthropic-ai/sdk"
import { Reply } from "@effect-claude/fault-server"
import { streamText } from "ai"
import { Effect, Layer, ManagedRuntime, Redacted, Stream } from "effect"
import { ClaudeClient, MessageStream, Resilience } from "effect-claude"
import { median, print } from "./table.ts"

const rounds = Number(process.env["ROUNDS"] ?? 7)
const model = "claude-haiku-5-5"
const params = { model, max_tokens: 1024, messages: [{ role: "user" as const, content: "Go on." }] }
const apiKey = "sk-ant-bench"
const baseURL = "http://claude.test"
const encoder = new TextEncoder()

type Kind = "text" | "tool"

const wire = (kind: Kind, deltas: number): string => {
  const words = "Each delta brings about sixteen characters. "
  const text = words.repeat(Math.ceil(deltas * 16 / words.length)).slice(0, deltas * 16)
  const given = kind === "text"
    ? Reply.message(text)
    : Reply.message({ content: [{ type: "tool_use", id: "toolu_1", name: "write_file", input: { text } }] })
  return Array.from(Reply.stream(given, { deltaSize: 16 }).body, (chunk) => String(chunk.bytes)).join("")
}

/** One event a chunk, as a socket brings them while they are made, or 64 KiB, as a reader finds them who was away. */
const chunked = (text: string, size: "event" | "64 KiB"): ReadonlyArray<Uint8Array> => {
  if (size === "event") return text.split(/(?<=\n\n)/).map((event) => encoder.encode(event))
  const bytes = encoder.encode(text)
  return Array.from({ length: Math.ceil(bytes.length / 65536) }, (_, n) => bytes.slice(n * 65536, (n + 1) * 65536))
}

let chunks: ReadonlyArray<Uint8Array> = []

const fetch: typeof globalThis.fetch = () => {
  const source = chunks
  let at = 0
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const chunk = source[at++]
      if (chunk === undefined) controller.close()
      else controller.enqueue(chunk)
    }
  }, { highWaterMark: 0 })
  return Promise.resolve(new Response(body, { headers: { "content-type": "text/event-stream" } }))
}

/** What any program must do: bytes to lines to JSON to one message. Its errors are nobody's. */
const byHand = async (): Promise<number> => {
  const { body } = await fetch("")
  const reader = body!.getReader()
  const decoder = new TextDecoder()
  const content: Array<{ pieces: Array<string>; value: unknown }> = []
  let rest = ""
  let events = 0
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const lines = (rest + decoder.decode(next.value, { stream: true })).split("\n")
    rest = lines.pop()!
    for (const line of lines) {
      if (!line.startsWith("data: ")) continue
      const event = JSON.parse(line.slice(6))
      events++
      if (event.type === "content_block_start") content[event.index] = { pieces: [], value: undefined }
      else if (event.type === "content_block_delta") {
        content[event.index]!.pieces.push(event.delta.text ?? event.delta.partial_json)
      } else if (event.type === "content_block_stop") {
        const block = content[event.index]!
        block.value = block.pieces.join("")
      }
    }
  }
  return events
}

const limits = { requestsPerMinute: 1e9, inputTokensPerMinute: 1e12, outputTokensPerMinute: 1e12 }
const runtime = ManagedRuntime.make(
  ClaudeClient.layer({ apiKey: Redacted.make(apiKey), baseUrl: baseURL, fetch }).pipe(
    Layer.provide(Resilience.layer({ limiter: { key: "streams", limits: { [model]: limits } } }))
  )
)

const candidates = async () => {
  const client = await runtime.runPromise(ClaudeClient.ClaudeClient)
  const sdk = new Anthropic({ apiKey, baseURL, fetch, logLevel: "off" })
  const vercel = createAnthropic({ apiKey, baseURL: `${baseURL}/v1`, fetch })
  return {
    "by hand": byHand,
    "SDK create({ stream })": async () => {
      let events = 0
      for await (const _ of await sdk.messages.create({ ...params, stream: true })) events++
      return events
    },
    "SDK stream().finalMessage()": () => sdk.messages.stream(params).finalMessage(),
    "Vercel AI SDK fullStream": async () => {
      let parts = 0
      for await (const _ of streamText({ model: vercel(model), prompt: "Go on.", maxRetries: 0 }).fullStream) parts++
      return parts
    },
    "ours, createMessage": () => Effect.runPromise(client.createMessage(params, { stream: true })),
    "ours, events and message": () => {
      let events = 0
      const seen = Stream.mapArray(client.streamMessage(params), (list) => {
        events += list.length
        return list
      })
      return Effect.runPromise(MessageStream.message(seen))
    },
    "ours, tool inputs": () =>
      Effect.runPromise(Stream.runForEachArray(MessageStream.toolInputs(client.streamMessage(params)), () => Effect.void))
  }
}

type Name = keyof Awaited<ReturnType<typeof candidates>>

interface Sample {
  readonly micros: number
  readonly bytes: number
}

const collect = (): void => void (globalThis as { readonly gc?: () => void }).gc?.()

const measure = async (run: () => Promise<unknown>, deltas: number): Promise<Sample> => {
  collect()
  const repeats = Math.max(1, Math.ceil(2000 / deltas))
  const start = performance.now()
  for (let n = 0; n < repeats; n++) await run()
  const micros = (performance.now() - start) * 1000 / deltas / repeats
  return { micros, bytes: 0 }
}

/** How the time grows between the smallest and the largest length: 1 is linear. */
const exponent = (small: number, large: number, times: number): number =>
  1 + Math.log(large / small) / Math.log(times)

const table = async (kind: Kind, size: "event" | "64 KiB", lengths: ReadonlyArray<number>): Promise<void> => {
  const all = await candidates()
  const names = (Object.keys(all) as Array<Name>).filter((name) => kind === "tool" || name !== "ours, tool inputs")
  const results = new Map(names.map((name) => [name, new Map<number, ReadonlyArray<Sample>>()]))
  const warm = chunked(wire(kind, 2000), size)
  for (let n = 0; n < 10; n++) {
    for (const name of names) {
      chunks = warm
      await all[name]()
    }
  }
  for (const deltas of lengths) {
    chunks = chunked(wire(kind, deltas), size)
    const samples = new Map(names.map((name) => [name, Array<Sample>()]))
    for (let round = 0; round < rounds; round++) {
      const turned = [...names.slice(round % names.length), ...names.slice(0, round % names.length)]
      for (const name of turned) samples.get(name)!.push(await measure(all[name], deltas))
    }
    for (const name of names) results.get(name)!.set(deltas, samples.get(name)!)
  }
  const micros = (name: Name, deltas: number): number => median(results.get(name)!.get(deltas)!.map((one) => one.micros))
  const last = lengths.at(-1)!
  const before = lengths.at(-2) ?? last
  print(
    `${kind} deltas, one ${size} a chunk: µs per delta, median of ${rounds} interleaved rounds`,
    ["", ...lengths.map(String), "× by hand", "(min-max)", "exponent"],
    names.map((name) => {
      const ratios = results.get(name)!.get(last)!.map((one, at) =>
        one.micros / results.get("by hand")!.get(last)![at]!.micros
      )
      return [
        name,
        ...lengths.map((deltas) => micros(name, deltas).toFixed(2)),
        median(ratios).toFixed(2),
        `${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)}`,
        exponent(micros(name, before), micros(name, last), last / before).toFixed(2)
      ]
    })
  )
}

export const streams = async (): Promise<void> => {
  const given = process.env["SIZES"]?.split(",").map(Number)
  for (const size of ["event", "64 KiB"] as const) {
    await table("text", size, given ?? [500, 2000, 8000, 32_000])
    await table("tool", size, given ?? [1000, 4000, 16_000])
  }
  await runtime.dispose()
}

if (import.meta.main) await streams()
