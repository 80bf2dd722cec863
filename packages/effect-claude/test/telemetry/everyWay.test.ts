import { Fault, Reply, type Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { ClaudeClient, Fallback } from "effect-claude"
import { params } from "../fixtures/harness.ts"
import { observe } from "../fixtures/observed.ts"

const text = "This answer is long enough to come in several deltas, so that it can be cut anywhere."
const whole: Script.Answer = (request) => Reply.forRequest(request, Reply.message(text))
const faulty = (fault: Fault.Fault): Script.Answer => (request) => fault(Reply.forRequest(request, Reply.message(text)))

const faults: { readonly [name: string]: Script.Answer } = {
  none: whole,
  overloaded: Fault.overloaded(),
  limited: Fault.rateLimited("requests", 3),
  hour: Fault.rateLimited("requests", 3600),
  reset: faulty(Fault.resetBeforeHeaders),
  silent: faulty(Fault.silenceBeforeHeaders),
  html: Fault.okHtml(),
  unauthorized: Fault.unauthorized(),
  billing: Fault.creditBalance(),
  cut: faulty(Fault.cutAfterEvents(5)),
  cutBytes: faulty(Fault.cutAfterBytes(40)),
  error: faulty(Fault.errorAfterEvents(4)),
  stall: faulty(Fault.silenceAfterEvents(4)),
  full: (request) => Reply.forRequest(request, Reply.message({ text, stopReason: "max_tokens" }))
}

const stream = (options: ClaudeClient.StreamOptions) => ClaudeClient.streamMessage(params, options)
const ways = {
  json: (options: ClaudeClient.StreamOptions) => ClaudeClient.createMessage(params, { ...options, stream: false }),
  collected: (options: ClaudeClient.StreamOptions) => ClaudeClient.createMessage(params, { ...options, stream: true }),
  streamed: (options: ClaudeClient.StreamOptions) => Stream.runDrain(stream(options)),
  left: (options: ClaudeClient.StreamOptions) => Stream.runDrain(Stream.take(stream(options), 3)),
  failedReader: (options: ClaudeClient.StreamOptions) => Stream.runForEach(stream(options), () => Effect.fail("reader"))
} as const

const options: { readonly [name: string]: ClaudeClient.StreamOptions } = {
  plain: { maxAttempts: 2 },
  continued: { maxAttempts: 3, continuations: 2, continueOnMaxTokens: 1 }
}

/** Each ends by itself, or is interrupted after so many milliseconds. */
const ends = [undefined, 0, 1, 1000, 30_000] as const

describe("however a call ends", () => {
  for (const [way, call] of Object.entries(ways)) {
    it(`H1 H2 ${way}: all that began has ended, once, and is counted once`, () =>
      Effect.runPromise(
        Effect.forEach(Object.entries(faults), ([name, fault]) =>
          Effect.promise(() =>
            observe(
              Array.from({ length: 60 }, (_, n) => n % 3 === 2 ? whole : fault),
              ({ events, metrics, spans }) =>
                Effect.gen(function*() {
                  for (const given of Object.values(options)) {
                    for (const end of ends) {
                      const fiber = yield* Effect.forkChild(Effect.exit(call(given)), { startImmediately: true })
                      if (end !== undefined) {
                        yield* Effect.sleep(end)
                        yield* Fiber.interrupt(fiber)
                      }
                      yield* Fiber.await(fiber)
                    }
                  }
                  yield* Effect.sleep("1 millis")
                  const what = `${way} ${name}`
                  const of = (tag: string) => events.filter((event) => event._tag === tag)
                  const ids = (tag: string) =>
                    of(tag).map((event) =>
                      `${"call" in event ? event.call : ""} ${"attempt" in event ? event.attempt : ""}`
                    )
                      .toSorted()
                  assert.strictEqual(of("CallStarted").length, 10, what)
                  assert.deepStrictEqual(ids("CallEnded"), ids("CallStarted"), what)
                  assert.deepStrictEqual(ids("AttemptEnded"), ids("AttemptStarted"), what)
                  assert.strictEqual(new Set(ids("AttemptStarted")).size, of("AttemptStarted").length, what)
                  assert.strictEqual(spans.length, of("CallStarted").length + of("AttemptStarted").length, what)
                  assert.isTrue(spans.every(({ status }) => status._tag === "Ended"), what)
                  const seen = yield* metrics
                  const sum = (metric: string) =>
                    Array.from(seen).filter(([series]) => series.startsWith(metric)).reduce(
                      (sum, [, value]) => sum + value,
                      0
                    )
                  assert.strictEqual(sum("effect_claude_calls_in_flight"), 0, what)
                  assert.strictEqual(sum("effect_claude_calls_total"), of("CallEnded").length, what)
                  assert.strictEqual(sum("effect_claude_attempts_total"), of("AttemptEnded").length, what)
                  // What the attempts used is what their calls used, and what was counted.
                  const usage = (tag: string) =>
                    of(tag).reduce((sum, event) => {
                      const used = "usage" in event ? event.usage : undefined
                      return sum + (used?.inputTokens ?? 0) + (used?.outputTokens ?? 0)
                    }, 0)
                  assert.strictEqual(usage("CallEnded"), usage("AttemptEnded"), what)
                  assert.strictEqual(sum("effect_claude_tokens_total"), usage("AttemptEnded"), what)
                  // Nothing is told of a call after its end.
                  for (const end of of("CallEnded")) {
                    const number = "call" in end ? end.call : 0
                    const last = events.findLast((event) =>
                      "call" in event && event.call === number && event._tag !== "Alert"
                    )
                    assert.strictEqual(last?._tag, "CallEnded", what)
                  }
                }),
              { fallback: Fallback.whenDown(["claude-haiku-5-5"]), breaker: { window: 1000, minimumCalls: 1000 } }
            )
          ))
      ))
  }
})
