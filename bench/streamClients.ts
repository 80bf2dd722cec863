/** The readers that `streams.ts` compares, over a `fetch`, and what they read. */
import { createAnthropic } from "@ai-sdk/anthropic"
import Anthropic from "@anthropic-ai/sdk"
import { streamText } from "ai"
import { Effect, Layer, ManagedRuntime, Redacted, Stream } from "effect"
import { ClaudeClient, MessageStream, Resilience } from "effect-claude"

const model = "claude-haiku-5-5"
const apiKey = "sk-ant-bench"
const params = { model, max_tokens: 1024, messages: [{ role: "user" as const, content: "Go on." }] }

/** Bytes to lines to JSON to one message, and nothing else: no typed error, no bound on time. */
const byHand = (baseURL: string, fetch: typeof globalThis.fetch) => async () => {
  const { body } = await fetch(`${baseURL}/v1/messages`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": apiKey, "anthropic-version": "2026-10-21" },
    body: JSON.stringify({ ...params, stream: true })
  })
  const reader = body!.getReader()
  const decoder = new TextDecoder()
  const content: Array<{ pieces: Array<string>; value: unknown }> = []
  let rest = ""
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const lines = (rest + decoder.decode(next.value, { stream: true })).split("\n")
    rest = lines.pop()!
    for (const line of lines) {
      if (!line.startsWith("data: ")) continue
      const event = JSON.parse(line.slice(6))
      const block = content[event.index]
      if (event.type === "content_block_start") content[event.index] = { pieces: [], value: undefined }
      else if (event.type === "content_block_delta") block?.pieces.push(event.delta.text ?? event.delta.partial_json)
      else if (event.type === "content_block_stop") {
        const whole = block!.pieces.join("")
        block!.value = whole.startsWith("{") ? JSON.parse(whole) : whole
      }
    }
  }
  return content
}

export type Client = () => Promise<unknown>

/** Ours goes through its own pool of sockets where no `fetch` is given, the others through the global one. */
export const clients = async (baseURL: string, given?: typeof globalThis.fetch) => {
  const limits = { requestsPerMinute: 1e9, inputTokensPerMinute: 1e12, outputTokensPerMinute: 1e12 }
  const runtime = ManagedRuntime.make(
    ClaudeClient.layer({ apiKey: Redacted.make(apiKey), baseUrl: baseURL, ...(given && { fetch: given }) }).pipe(
      Layer.provide(Resilience.layer({ limiter: { key: baseURL, limits: { [model]: limits } } }))
    )
  )
  const client = await runtime.runPromise(ClaudeClient.ClaudeClient)
  const fetch = given ?? globalThis.fetch
  const sdk = new Anthropic({ apiKey, baseURL, fetch, logLevel: "off" })
  const vercel = createAnthropic({ apiKey, baseURL: `${baseURL}/v1`, fetch })
  const all = {
    "by hand": byHand(baseURL, fetch),
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
      Effect.runPromise(
        Stream.runForEachArray(MessageStream.toolInputs(client.streamMessage(params)), () => Effect.void)
      )
  } satisfies Record<string, Client>
  return { all, close: () => runtime.dispose() }
}

export type Name = keyof Awaited<ReturnType<typeof clients>>["all"]
