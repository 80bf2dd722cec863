/**
 * The situations that break agent loops, through the SDK's tool runner, the Vercel AI SDK and ours, each against the rules of
 * the API: what each leaves behind, how long it took, how many requests it made.
 */
import { createAnthropic } from "@ai-sdk/anthropic"
import Anthropic from "@anthropic-ai/sdk"
import { betaTool } from "@anthropic-ai/sdk/helpers/beta/json-schema"
import { FaultServer, Reply, RequestRules } from "@effect-claude/fault-server"
import { generateText, jsonSchema, stepCountIs, tool } from "ai"
import { Effect, Fiber, Layer, Logger, Redacted, Schema } from "effect"
import { ClaudeClient, History, ToolLoop } from "effect-claude"
import { Tool, Toolkit } from "effect/ai"
import { print } from "./table.ts"

const model = "claude-sonnet-5-5"
const question = "Look, please."
/** Milliseconds after which a loop that has not come back counts as hanging. */
const patience = 1500

type Calls = ReadonlyArray<{ readonly id: string; readonly name: string; readonly input: unknown }>

interface Situation {
  readonly name: string
  /** The answer to the request that holds so many messages of the assistant. */
  readonly answer: (turn: number) => Reply.Message
  readonly look: (id: string, signal: AbortSignal | undefined) => Promise<string>
  /** Milliseconds after which the caller gives up. */
  readonly abort?: number
  /** Whether the second call has a result of its own to keep. */
  readonly sibling?: boolean
  readonly turns?: number
  readonly toolTimeout?: number
}

const use = (...calls: Calls): Reply.Message => Reply.toolUse(calls)
const look = (id: string, input: unknown = { at: id }) => ({ id, name: "look", input })
const done = Reply.message("Done.")
const never = () => new Promise<string>(() => undefined)
const first = (message: Reply.Message) => (turn: number) => turn === 0 ? message : done
const found = (id: string) => Promise.resolve(`found ${id}`)

const situations: ReadonlyArray<Situation> = [
  { name: "nothing goes wrong", answer: first(use(look("a"), look("b"))), look: found },
  {
    name: "one of two tools throws a secret",
    sibling: true,
    answer: first(use(look("a"), look("b"))),
    look: (id) => id === "a" ? Promise.reject(new Error("db password hunter2")) : found(id)
  },
  {
    name: "a tool that does not exist",
    sibling: true,
    answer: first(use({ id: "a", name: "nothing", input: {} }, look("b"))),
    look: found
  },
  { name: "input that does not fit", answer: first(use(look("a", { at: 7 }), look("b"))), look: found },
  {
    name: "a deaf tool, 200 ms allowed",
    sibling: true,
    answer: first(use(look("a"), look("b"))),
    look: (id) => id === "a" ? never() : found(id),
    toolTimeout: 200
  },
  {
    name: "given up while a tool runs",
    sibling: true,
    answer: first(use(look("a"), look("b"))),
    look: (id) => id === "a" ? never() : found(id),
    abort: 200
  },
  {
    name: "max_tokens in a call",
    answer: () => Reply.truncatedToolUse({ id: "a", name: "look", input: `{"at": "x` }),
    look: found
  },
  {
    name: "a refusal after a call",
    answer: () =>
      Reply.refusal({
        content: [{ type: "text", text: "Let me", citations: null }, {
          type: "tool_use",
          id: "a",
          name: "look",
          input: { at: "a" }
        }]
      }),
    look: found
  },
  {
    name: "3 turns allowed, the model wants more",
    answer: (turn) => use(look(`c${turn}`, { at: `place ${turn}` })),
    look: found,
    turns: 3
  },
  {
    name: "the same call for ever",
    answer: (turn) => use(look(`c${turn}`, { at: "a" })),
    look: () => Promise.resolve("nothing"),
    turns: 50
  },
  {
    name: "server tools pause for ever",
    answer: (turn) =>
      Reply.pauseTurn({
        content: [{ type: "server_tool_use", id: `srvtoolu_${turn}`, name: "web_search", input: { query: "q" } }, {
          type: "web_search_tool_result",
          tool_use_id: `srvtoolu_${turn}`,
          content: []
        }]
      }),
    look: found,
    turns: 50
  },
  { name: "two calls under one id", answer: first(use(look("a"), look("a", { at: "other" }))), look: found },
  {
    name: "50 calls at once",
    answer: first(use(...Array.from({ length: 50 }, (_, n) => look(`c${n}`)))),
    look: (id) => new Promise((resolve) => setTimeout(resolve, 5, `found ${id}`))
  }
]

/** What a loop leaves: the conversation to go on with, if it leaves one. */
interface Left {
  readonly messages: ReadonlyArray<unknown> | undefined
  readonly says: string
}

type Run = (baseURL: string, situation: Situation, running: (by: number) => void) => Promise<Left>

const schema = { type: "object", properties: { at: { type: "string" } }, required: ["at"] } as const
const apiKey = "sk-ant-bench"
const errorOf = (error: unknown): string => error instanceof Error ? error.constructor.name : "an error"

const tracked = ({ look }: Situation, running: (by: number) => void) => async (id: string, signal?: AbortSignal) => {
  running(1)
  try {
    return await look(id, signal)
  } finally {
    running(-1)
  }
}

const bySdk: Run = async (baseURL, situation, running) => {
  const sdk = new Anthropic({ apiKey, baseURL, logLevel: "off", maxRetries: 0 })
  const controller = new AbortController()
  if (situation.abort !== undefined) setTimeout(() => controller.abort(), situation.abort)
  const run = tracked(situation, running)
  const runner = sdk.beta.messages.toolRunner({
    model,
    max_tokens: 1000,
    thread: false,
    messages: [{ role: "user", content: question }],
    max_iterations: situation.turns ?? 25,
    tools: [betaTool({
      name: "look",
      description: "Looks.",
      inputSchema: schema,
      run: (_, context) => run(context?.toolUse?.id ?? "?", context?.signal ?? undefined)
    })]
  }, { signal: controller.signal })
  try {
    const message = await runner.runUntilDone()
    return { messages: runner.params.messages, says: String(message.stop_reason) }
  } catch (error) {
    return { messages: runner.params.messages, says: errorOf(error) }
  }
}

const byVercel: Run = async (baseURL, situation, running) => {
  const anthropic = createAnthropic({ apiKey, baseURL: `${baseURL}/v1` })
  const run = tracked(situation, running)
  const kept: Array<unknown> = []
  const asked: Array<unknown> = []
  const fetch: typeof globalThis.fetch = (url, init) => {
    asked.push(JSON.parse(String(init?.body)))
    return globalThis.fetch(url, init)
  }
  const watching = createAnthropic({ apiKey, baseURL: `${baseURL}/v1`, fetch })
  const ask = (messages: Parameters<typeof generateText>[0]["messages"], provider: typeof anthropic, steps: number) =>
    generateText({
      model: provider(model),
      maxRetries: 0,
      messages: messages ?? [],
      stopWhen: stepCountIs(steps),
      ...(situation.abort === undefined ? {} : { abortSignal: AbortSignal.timeout(situation.abort) }),
      ...(situation.toolTimeout === undefined ? {} : { timeout: { toolMs: situation.toolTimeout } }),
      tools: {
        look: tool({
          inputSchema: jsonSchema<{ at: string }>(schema),
          execute: (_, { abortSignal, toolCallId }) => run(toolCallId, abortSignal)
        })
      }
    })
  const begin = [{ role: "user" as const, content: question }]
  try {
    const result = await ask(begin, anthropic, situation.turns ?? 25)
    kept.push(...begin, ...result.responseMessages)
    // Its messages are its own: what it would send of them is read off the wire.
    const next = [...begin, ...result.responseMessages, { role: "user" as const, content: "Go on." }]
    const failed = await ask(next, watching, 1).then(() => undefined, errorOf)
    const sent = asked.at(-1) as { readonly messages: ReadonlyArray<unknown> } | undefined
    return {
      messages: sent?.messages,
      says: failed === undefined ? result.finishReason : `${result.finishReason}, then ${failed}`
    }
  } catch (error) {
    return { messages: undefined, says: errorOf(error) }
  }
}

const Look = Tool.make("look", { parameters: Schema.Struct({ at: Schema.String }), success: Schema.String })
const toolkit = Toolkit.make(Look)

const byOurs: Run = (baseURL, situation, running) => {
  const run = tracked(situation, running)
  const handlers = toolkit.toLayer({
    look: () =>
      Effect.flatMap(ToolLoop.CurrentCall, (call) => Effect.promise((signal) => run(call?.callId ?? "?", signal)))
  })
  const client = ClaudeClient.layerStandard({ apiKey: Redacted.make(apiKey), baseUrl: baseURL, maxAttempts: 1 })
  const loop = ToolLoop.layer({ grace: "50 millis" }).pipe(Layer.provide(client))
  return Effect.runPromise(
    Effect.gen(function*() {
      let last = History.make(question)
      const fiber = yield* Effect.forkChild(ToolLoop.run({
        model,
        max_tokens: 1000,
        history: last,
        toolkit,
        serverTools: [{ type: "web_search_20250305", name: "web_search" }],
        limits: { turns: situation.turns ?? 25 },
        ...(situation.toolTimeout === undefined ? {} : { toolTimeout: situation.toolTimeout }),
        onTurn: ({ history }) =>
          Effect.sync(() => {
            last = history
          })
      }))
      if (situation.abort !== undefined) {
        yield* Effect.sleep(situation.abort)
        yield* Fiber.interrupt(fiber)
        return { messages: History.toMessages(last), says: "interrupted" }
      }
      const outcome = yield* Fiber.join(fiber)
      const says = outcome._tag === "Stopped"
        ? `Stopped: ${outcome.limit}`
        : outcome._tag === "Failed"
        ? `Failed: ${outcome.error._tag}`
        : outcome._tag
      return { messages: History.toMessages(outcome.history), says }
    }).pipe(Effect.provide(Layer.mergeAll(loop, handlers, Logger.layer([]))))
  )
}

const turnOf = (request: Reply.Received): number => {
  const { messages } = request.json as { readonly messages: ReadonlyArray<{ readonly role: string }> }
  return messages.filter(({ role }) => role === "assistant").length
}

/** Whether the API would take the conversation with one more word of the user. */
const goesOn = async (baseURL: string, messages: ReadonlyArray<unknown>): Promise<string> => {
  const last = messages.at(-1) as { readonly role?: string; readonly content?: unknown } | undefined
  const isAsked = last?.role === "user" && last.content === "Go on."
  const response = await fetch(`${baseURL}/v1/messages`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": apiKey, "anthropic-version": "2023-06-01" },
    body: JSON.stringify({
      model,
      max_tokens: 1000,
      messages: isAsked ? messages : [...messages, { role: "user", content: [{ type: "text", text: "Go on." }] }],
      tools: [{ name: "look", input_schema: schema }, { type: "web_search_20250305", name: "web_search" }]
    })
  })
  return response.ok
    ? "yes"
    : `no: ${String(((await response.json()) as { error?: { message?: string } }).error?.message).slice(0, 60)}`
}

const one = (situation: Situation, run: Run) =>
  Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const answer = RequestRules.make((request) =>
      Effect.sync(() => Reply.forRequest(request, situation.answer(turnOf(request))))
    )
    const server = yield* FaultServer.make(answer)
    let now = 0
    let most = 0
    const running = (by: number): void => {
      now += by
      most = Math.max(most, now)
    }
    const began = performance.now()
    const hangs = { messages: undefined, says: `hangs for more than ${patience} ms` }
    const left = yield* Effect.promise(() =>
      Promise.race([
        run(server.url, situation, running),
        new Promise<Left>((resolve) => setTimeout(resolve, patience, hangs))
      ])
    )
    const took = performance.now() - began
    const requests = (yield* server.requests).filter(({ body }) => !body.includes("Go on.")).length
    const text = JSON.stringify(left.messages ?? [])
    const on = left.messages === undefined
      ? "no history"
      : yield* Effect.promise(() => goesOn(server.url, left.messages ?? []))
    const leaks = text.includes("hunter2") ? ", leaks the secret" : ""
    const sibling = situation.sibling !== true || left.messages === undefined
      ? ""
      : text.includes("found b")
      ? ", sibling kept"
      : ", sibling lost"
    return { says: `${left.says}${leaks}${sibling}`, on, requests, most, took }
  })))

export const loops = async (): Promise<void> => {
  const rows: Array<ReadonlyArray<string | number>> = []
  for (const situation of situations) {
    for (
      const [name, run] of [["SDK toolRunner", bySdk], ["Vercel generateText", byVercel], ["ToolLoop", byOurs]] as const
    ) {
      const { most, on, requests, says, took } = await one(situation, run)
      rows.push([
        name === "SDK toolRunner" ? situation.name : "",
        name,
        says,
        on,
        requests,
        most,
        `${took.toFixed(0)} ms`
      ])
    }
  }
  print("What breaks agent loops, and what is left", [
    "situation",
    "loop",
    "ended",
    "can go on",
    "requests",
    "at once",
    "took"
  ], rows)
}

if (import.meta.main) {
  await loops()
  // Tools that hang keep nothing open, but peers may.
  process.exit(0)
}
