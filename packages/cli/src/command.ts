/** The command line: flags in, exit codes out. */
import { Argument, Command, Flag } from "effect/cli"
import * as Console from "effect/Console"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Bulk from "./bulk.ts"
import * as Check from "./check.ts"
import * as Doctor from "./doctor.ts"
import * as Explain from "./explain.ts"
import * as Paint from "./internal/paint.ts"
import { textOf } from "./internal/problems.ts"
import { standardInput, textIn } from "./internal/stdin.ts"
import { serve } from "./serve.ts"

const optional = Option.getOrUndefined

/** A whole number of at least 1. */
const positive = Flag.withSchema(Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)))

const exit = (code: number): Effect.Effect<void> =>
  Effect.sync(() => {
    process.exitCode = code
  })

const fail = (code: number, message: string): Effect.Effect<void> =>
  Effect.andThen(Console.error(`effect-claude: ${message}`), exit(code))

const bulkCommand = Command.make(
  "bulk",
  {
    prompts: Argument.String("prompts.jsonl").pipe(
      Argument.withDescription(`lines of {"custom_id": "…", "params": {…}}`)
    ),
    out: Flag.String("out").pipe(Flag.withDescription("result lines are appended here; run again to go on")),
    model: Flag.String("model").pipe(Flag.withDescription("for lines without one"), Flag.optional),
    maxTokens: Flag.Int("max-tokens").pipe(positive, Flag.withDescription("for lines without one"), Flag.optional),
    concurrency: Flag.Int("concurrency").pipe(positive, Flag.withDescription("lines in flight"), Flag.withDefault(64)),
    rpm: Flag.Int("rpm").pipe(
      positive,
      Flag.withDescription("requests a minute, for each model; default: learned"),
      Flag.optional
    ),
    itpm: Flag.Int("itpm").pipe(
      positive,
      Flag.withDescription("input tokens a minute; default: learned"),
      Flag.optional
    ),
    otpm: Flag.Int("otpm").pipe(
      positive,
      Flag.withDescription("output tokens a minute; default: learned"),
      Flag.optional
    ),
    deadline: Flag.String("deadline").pipe(
      Flag.withDescription(`for each line, such as "10 minutes"; default: none`),
      Flag.optional
    ),
    maxAttempts: Flag.Int("max-attempts").pipe(
      positive,
      Flag.withDescription("requests for each line; default: unlimited"),
      Flag.optional
    ),
    retryErrored: Flag.Boolean("retry-errored").pipe(
      Flag.withDescription("send lines that errored again"),
      Flag.withDefault(false)
    ),
    batch: Flag.Boolean("batch").pipe(
      Flag.withDescription("through Message Batches: half the price, within a day"),
      Flag.withDefault(false)
    ),
    cancel: Flag.Boolean("cancel").pipe(
      Flag.withDescription("with --batch: cancel what runs and collect what was answered"),
      Flag.withDefault(false)
    ),
    noStream: Flag.Boolean("no-stream").pipe(Flag.withDescription("ask for JSON answers"), Flag.withDefault(false)),
    report: Flag.String("report").pipe(
      Flag.withDescription("writes a report of the run: a page to run.html, its data to run.json; may be given twice"),
      Flag.atLeast(0)
    ),
    watch: Flag.Boolean("watch").pipe(
      Flag.withDescription("shows the report while the run goes on, at a loopback address"),
      Flag.withDefault(false)
    ),
    json: Flag.Boolean("json").pipe(Flag.withDescription("the report as JSON"), Flag.withDefault(false))
  },
  Effect.fnUntraced(
    function*(flags) {
      const stop = yield* Deferred.make<void>()
      const onInterrupt = (): void => {
        if (Deferred.isDoneUnsafe(stop)) process.exit(3)
        process.stderr.write(
          flags.batch
            ? "\nLeaving; the batches run on. Run the same command to collect them, with --cancel to cancel them.\n"
            : "\nFinishing what is in flight; Ctrl-C again stops at once. Run the same command to go on.\n"
        )
        Deferred.doneUnsafe(stop, Effect.void)
      }
      process.on("SIGINT", onInterrupt)
      process.on("SIGTERM", onInterrupt)
      const deadline = optional(flags.deadline)
      const limits = optional(flags.rpm) ?? optional(flags.itpm) ?? optional(flags.otpm) ?? deadline
      if (flags.batch && limits !== undefined) {
        return yield* fail(2, "--rpm, --itpm, --otpm and --deadline are not for --batch: the API keeps its own pace")
      }
      if (flags.cancel && !flags.batch) return yield* fail(2, "--cancel is for --batch")
      yield* Bulk.bulk({
        prompts: flags.prompts,
        out: flags.out,
        model: optional(flags.model),
        maxTokens: optional(flags.maxTokens),
        concurrency: flags.concurrency,
        requestsPerMinute: optional(flags.rpm),
        inputTokensPerMinute: optional(flags.itpm),
        outputTokensPerMinute: optional(flags.otpm),
        deadline: deadline === undefined ? undefined : yield* Bulk.duration(deadline),
        maxAttempts: optional(flags.maxAttempts),
        retryErrored: flags.retryErrored,
        stream: !flags.noStream,
        batch: flags.batch && { cancel: flags.cancel },
        report: flags.report,
        watch: flags.watch,
        stop
      }).pipe(
        Effect.flatMap((report) =>
          Effect.andThen(
            Effect.sync(() =>
              process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : Bulk.reportText(report, flags.out))
            ),
            exit(Bulk.exitCode(report))
          )
        ),
        Effect.ensuring(Effect.sync(() => {
          process.off("SIGINT", onInterrupt)
          process.off("SIGTERM", onInterrupt)
        })),
        Effect.catchTags({
          OutputFailed: (error) => fail(3, error.message),
          BadInput: (error) => fail(2, error.message),
          InvalidKey: (error) => fail(2, error.message),
          ImpossiblePolicy: (error) => fail(2, error.message),
          ConfigError: (error) => fail(2, error.message)
        })
      )
    },
    Effect.catchTag("BadInput", (error) => fail(2, error.message)),
    Effect.catchDefect((defect) =>
      fail(3, `a fault of this program: ${textOf(defect)}. What was written is valid; run the same command again.`)
    )
  )
).pipe(
  Command.withDescription("run a file of prompts to its end and lose none")
)

const explainCommand = Command.make("explain", {
  what: Argument.String("what").pipe(
    Argument.withDescription("a status, a type, a code, a body, a transcript, a log line; - reads standard input"),
    Argument.variadic({ min: 1 })
  ),
  json: Flag.Boolean("json").pipe(Flag.withDescription("the diagnosis as JSON"), Flag.withDefault(false))
}, ({ json, what }) =>
  Effect.gen(function*() {
    const pasted = what.length === 1 && what[0] === "-" ? yield* standardInput(Explain.most) : what.join(" ")
    const found = yield* Explain.explain(pasted)
    if (found === undefined) return yield* fail(1, Explain.needed)
    const paint = Paint.forStream(process.stdout.isTTY === true, process.env)
    yield* Effect.sync(() => process.stdout.write(json ? `${Explain.json(found)}\n` : Explain.text(found, paint)))
  })).pipe(Command.withDescription("what a failure means and who has to act"))

const writeChecked = (text: string, json: boolean) =>
  Effect.flatMap(Check.check(text), (checked) =>
    Effect.andThen(
      Effect.sync(() => process.stdout.write(json ? `${JSON.stringify(checked)}\n` : Check.text(checked))),
      exit(checked.violations.length === 0 ? 0 : 1)
    ))

const writeRepaired = (text: string, json: boolean) =>
  Effect.flatMap(Check.repair(text), (repaired) => {
    const { changes, value, violations } = repaired
    return Effect.andThen(
      Effect.sync(() => {
        process.stdout.write(`${JSON.stringify(value)}\n`)
        process.stderr.write(json ? `${JSON.stringify({ changes, violations })}\n` : Check.changesText(repaired))
      }),
      exit(violations.length === 0 ? 0 : 1)
    )
  })

const checkCommand = Command.make("check", {
  file: Argument.String("file").pipe(
    Argument.withDescription("a request, a list of messages or a file of prompts; - reads standard input")
  ),
  json: Flag.Boolean("json").pipe(Flag.withDescription("the violations as JSON"), Flag.withDefault(false)),
  repair: Flag.Boolean("repair").pipe(
    Flag.withDescription("write it with its messages mended, and say on standard error what was changed"),
    Flag.withDefault(false)
  )
}, ({ file, json, repair }) =>
  textIn(file, Check.most).pipe(
    Effect.flatMap((text) => repair ? writeRepaired(text, json) : writeChecked(text, json)),
    Effect.catchTag("BadInput", (error) => fail(2, error.message))
  )).pipe(Command.withDescription("whether the API would accept a saved request or conversation"))

const doctorCommand = Command.make(
  "doctor",
  {
    model: Flag.String("model").pipe(
      Flag.withDescription("a model that must exist; may be given several times"),
      Flag.atLeast(0)
    ),
    noMessage: Flag.Boolean("no-message").pipe(
      Flag.withDescription("send no message: nothing is spent, streaming and limits stay unchecked"),
      Flag.withDefault(false)
    ),
    json: Flag.Boolean("json").pipe(Flag.withDescription("the rows as JSON"), Flag.withDefault(false))
  },
  ({ json, model, noMessage }) =>
    Effect.flatMap(Doctor.doctor({ models: model, message: !noMessage, env: process.env }), (rows) => {
      const paint = Paint.forStream(process.stdout.isTTY === true, process.env)
      return Effect.andThen(
        Effect.sync(() => process.stdout.write(json ? `${JSON.stringify(rows)}\n` : Doctor.text(rows, paint))),
        exit(Doctor.exitCode(rows))
      )
    })
).pipe(Command.withDescription("what stands between this machine and an answer; sends one short message"))

const serveCommand = Command.make("serve", {
  port: Flag.Int("port").pipe(Flag.withDescription("on 127.0.0.1"), Flag.withDefault(8787)),
  seed: Flag.Int("seed").pipe(Flag.withDefault(1)),
  limits: Flag.Boolean("limits").pipe(Flag.withDescription("simulate an account's limits"), Flag.withDefault(false))
}, serve).pipe(Command.withDescription("a local Claude API that misbehaves on purpose"))

export const command = Command.make("effect-claude").pipe(
  Command.withSubcommands([bulkCommand, checkCommand, doctorCommand, explainCommand, serveCommand])
)
