import { Fault, Reply, type Script } from "@effect-claude/fault-server"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Layer, Metric, Option, Stream, Tracer } from "effect"
import { ClaudeClient, ClaudeError, ClaudeTelemetry } from "effect-claude"
import * as Spans from "../../src/telemetry/internal/spans.ts"
import { key, params, run } from "../fixtures/harness.ts"
import { observe } from "../fixtures/observed.ts"

const create = ClaudeClient.createMessage(params)
const hello: Script.Answer = (request) => Reply.forRequest(request, Reply.message("Hello!"))
const { model } = params
const times = <A>(n: number, value: A) => Array.from({ length: n }, () => value)

describe("events", () => {
  it("tell a call from its start to its end, in order and on the Clock", () =>
    observe([Fault.rateLimited("requests", 2), hello], ({ events }) =>
      Effect.gen(function*() {
        yield* create
        yield* Effect.sleep("1 millis")
        assert.deepStrictEqual(events.map((event) => event._tag), [
          "CallStarted",
          "AttemptStarted",
          "AttemptEnded",
          "Retrying",
          "Waited",
          "AttemptStarted",
          "AttemptEnded",
          "CallEnded"
        ])
        const ended = events.at(-1)
        assert.deepInclude(ended, { _tag: "CallEnded", model, result: "none", attempts: 2, stopReason: "end_turn" })
        const at = events.flatMap((event) => "at" in event ? [event.at] : [])
        assert.strictEqual(at[0], 0)
        assert.isAtLeast(at.at(-1) ?? 0, 2000)
        assert.deepStrictEqual(at, at.toSorted((a, b) => a - b))
      })))

  it("a reader that is too slow loses the oldest, and is told how many", () =>
    observe(() => Effect.succeed(Reply.json(200, Reply.message("Hello!"))), ({ metrics }) =>
      Effect.gen(function*() {
        const read: Array<ClaudeTelemetry.Event> = []
        yield* ClaudeTelemetry.events.pipe(
          Stream.runForEach((event) => Effect.andThen(Effect.sync(() => read.push(event)), Effect.sleep("1 hour"))),
          Effect.forkScoped({ startImmediately: true })
        )
        // Four events a call: the first is taken and slept on, then ten calls come.
        yield* create
        yield* Effect.repeat(create, { times: 9 })
        yield* Effect.sleep("1 day")
        const lost = read.find((event) => event._tag === "Lost")
        const kept = read.slice(read.findIndex((event) => event._tag === "Lost") + 1)
        assert.strictEqual(kept.length, 8)
        assert.strictEqual(kept.at(-1)?._tag, "CallEnded")
        assert.strictEqual((lost?.count ?? 0) + read.length - 1, 44)
        const total = (yield* metrics).get("effect_claude_events_lost_total")
        assert.isAtLeast(total ?? 0, lost?.count ?? 0)
      }).pipe(Effect.scoped), { telemetry: { buffer: 8 } }))

  it("a reader works in its own time, and may call while it reads", () =>
    observe(() => Effect.succeed(Reply.json(200, Reply.message("Hello!"))), ({ events }) =>
      Effect.gen(function*() {
        let within = false
        let inside = false
        let called = false
        yield* ClaudeTelemetry.events.pipe(
          Stream.runForEach(() => {
            inside ||= within
            if (called) return Effect.void
            called = true
            return Effect.asVoid(create)
          }),
          Effect.forkScoped({ startImmediately: true })
        )
        // From the start of the call to the moment its fiber waits for the answer.
        within = true
        const fiber = yield* Effect.forkChild(create, { startImmediately: true })
        within = false
        yield* Fiber.join(fiber)
        yield* Effect.sleep("1 second")
        assert.isFalse(inside)
        assert.isTrue(called)
        assert.strictEqual(events.filter((event) => event._tag === "CallEnded").length, 2)
      }).pipe(Effect.scoped)))

  it("end when the layer is gone, after everything was read", () =>
    run([hello], () =>
      Effect.gen(function*() {
        const reader = yield* Effect.gen(function*() {
          const { events } = yield* ClaudeTelemetry.ClaudeTelemetry
          const fiber = yield* Effect.forkDetach(Stream.runCollect(events), { startImmediately: true })
          yield* create
          assert.isUndefined(fiber.pollUnsafe())
          return fiber
        }).pipe(Effect.provide(ClaudeTelemetry.layer()))
        assert.strictEqual((yield* Fiber.join(reader)).at(-1)?._tag, "CallEnded")
      })))

  it("a call is what it is, listened to or not", () =>
    Effect.runPromise(
      Effect.map(
        Effect.forEach([true, false], (heard) =>
          Effect.promise(() =>
            run([...times(3, Fault.overloaded()), hello], () =>
              Effect.gen(function*() {
                const listening = heard ? ClaudeTelemetry.layer() : Layer.empty
                const error = yield* Effect.flip(
                  Effect.provide(ClaudeClient.createMessage(params, { maxAttempts: 3 }), listening)
                )
                return [error.reason._tag, error.attempts.length, error.retried]
              }).pipe(Effect.provideService(Metric.MetricRegistry, new Map())))
          )),
        ([one, other]) => {
          assert.deepStrictEqual(one, ["Overloaded", 3, true])
          assert.deepStrictEqual(one, other)
        }
      )
    ))

  it("a reader of a stream who fails, or leaves, is no failure of its call", () =>
    observe(times(2, hello), ({ events, lines }) =>
      Effect.gen(function*() {
        const other = new ClaudeError.ClaudeError({
          method: "other",
          reason: new ClaudeError.InvalidRequest({ message: "of another call" }),
          attempts: []
        })
        yield* Effect.flip(Stream.runForEach(ClaudeClient.streamMessage(params), () => Effect.fail(other)))
        yield* Stream.runDrain(Stream.take(ClaudeClient.streamMessage(params), 1))
        yield* Effect.sleep("1 millis")
        assert.deepStrictEqual(
          events.flatMap((event) => event._tag === "CallEnded" ? [event.result] : []),
          ["none", "none"]
        )
        assert.isEmpty(lines)
      })))

  it("a stream that fails says so once, with its reason", () =>
    observe(
      [Fault.cutAfterEvents(4)(Reply.stream(Reply.message("This one is cut before its end.")))],
      ({ events, lines, spans }) =>
        Effect.gen(function*() {
          yield* Effect.flip(Stream.runDrain(ClaudeClient.streamMessage(params)))
          yield* Effect.sleep("1 millis")
          assert.deepInclude(events.at(-1), { _tag: "CallEnded", result: "StreamInterrupted" })
          assert.strictEqual(lines.length, 1)
          assert.isTrue(spans.every((span) => span.status._tag === "Ended"))
        })
    ))
})

describe("A9 H1 H2 H3", () => {
  const secret = "the-crown-jewels-are-under-the-oak"
  const asked = { ...params, messages: [{ role: "user" as const, content: secret }] }
  const echo = (status: number) =>
    Reply.error(status, "invalid_request_error", `bad: ${secret} with ${key} and Bearer abc.def`)

  it("A9 H1 H2 H3 no key and no content in any span, metric, log line or event, whatever failed", () =>
    observe(
      [
        echo(400),
        echo(401),
        echo(402),
        echo(529),
        Reply.json(200, Reply.message(secret)),
        Reply.text(200, `<html>${secret} ${key}</html>`),
        Reply.text(200, secret),
        Fault.cutAfterEvents(6)(Reply.stream(Reply.message(`${secret} ${secret} ${secret}`))),
        Fault.errorAfterEvents(5)(Reply.stream(Reply.message(`${secret} ${secret} ${secret}`)))
      ],
      ({ events, lines, metrics, spans }) =>
        Effect.gen(function*() {
          yield* Effect.repeat(Effect.ignore(ClaudeClient.createMessage(asked, { maxAttempts: 1 })), { times: 4 })
          yield* Effect.ignore(ClaudeClient.createMessage(asked))
          yield* Effect.ignore(Stream.runDrain(ClaudeClient.streamMessage(asked)))
          yield* Effect.ignore(ClaudeClient.createMessage(asked, { stream: true, maxAttempts: 1 }))
          yield* Effect.ignore(ClaudeClient.createMessage({ ...asked, max_tokens: -1 }))
          yield* Effect.sleep("1 millis")
          const shown = spans.map((span) => [
            span.name,
            Array.from(span.attributes),
            span.events.map(([name, , given]) => [name, given]),
            span.status._tag === "Ended" && Exit.isFailure(span.status.exit)
              ? [
                span.status.exit.cause.reasons,
                Cause.prettyErrors(span.status.exit.cause).map((error) => [String(error), error.stack])
              ]
              : []
          ])
          const all = JSON.stringify([shown, lines, events, Array.from(yield* metrics)])
          assert.isAbove(lines.length, 5)
          assert.isAbove(events.length, 30)
          for (const leak of [secret, key, "abc.def"]) assert.notInclude(all, leak)
        })
    ))
})

describe("Spans.around", () => {
  const traced = (spans: Array<Tracer.NativeSpan>) =>
    Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      }
    })

  it.effect("H1 puts calls below a span of the agent's, and ends it with the reason's tag", () =>
    Effect.gen(function*() {
      const spans: Array<Tracer.NativeSpan> = []
      const invoke = Spans.around("invoke_agent helper", {
        attributes: () => ({ "gen_ai.operation.name": "invoke_agent" })
      })
      const execute = Spans.around("execute_tool weather")
      const reason = new ClaudeError.InvalidRequest({ message: "secret words" })
      const exit = yield* invoke(Effect.andThen(execute(Effect.void), Effect.fail(reason))).pipe(
        Effect.provideService(Tracer.Tracer, traced(spans)),
        Effect.exit
      )
      assert.isTrue(Exit.isFailure(exit))
      const [agent, tool] = spans
      assert.strictEqual(Option.getOrThrow(tool!.parent).spanId, agent?.spanId)
      assert.deepStrictEqual(Object.fromEntries(agent!.attributes), {
        "gen_ai.operation.name": "invoke_agent",
        "error.type": "InvalidRequest"
      })
      assert.notInclude(
        JSON.stringify(agent?.status, (_, value) => typeof value === "bigint" ? String(value) : value),
        "secret words"
      )
    }))

  it.effect("makes nothing where no tracer is installed", () =>
    Effect.gen(function*() {
      let made = false
      const around = Spans.around("x", {
        attributes: () => {
          made = true
          return {}
        }
      })
      assert.strictEqual(yield* around(Effect.succeed(1)), 1)
      assert.isFalse(made)
    }))
})
