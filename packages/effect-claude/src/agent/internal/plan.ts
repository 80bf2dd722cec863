/** What is to be done with each call of an answer, decided in the order of the calls before any of them runs. */
import type Anthropic from "@anthropic-ai/sdk"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { type Fate, synthetic } from "../../conversation/History.ts"
import * as LoopGuard from "../LoopGuard.ts"
import type { Ended } from "./call.ts"
import type { Definition } from "./definitions.ts"
import { type Earlier, standing } from "./earlier.ts"
import type { Job } from "./job.ts"
import * as Results from "./results.ts"
import type { State } from "./state.ts"
import { Tally } from "./tally.ts"

export type Use = Anthropic.ToolUseBlockParam

export type Plan<R> =
  /** Nothing runs: this is the call's result. */
  | { readonly _tag: "Answer"; readonly use: Use; readonly ended: Ended }
  /** It has run before; `hash` where that is not remembered yet. */
  | { readonly _tag: "Known"; readonly use: Use; readonly ended: Ended; readonly hash: string | undefined }
  | { readonly _tag: "Ask"; readonly use: Use }
  | {
    readonly _tag: "Run"
    readonly use: Use
    readonly definition: Definition<R>
    readonly params: unknown
    readonly encoded: unknown
    /** What the call is remembered by; undefined for a tool that polls. */
    readonly hash: string | undefined
    /** It was claimed before, and what came of it is not known. */
    readonly unknown: boolean
  }

/** What is known of the calls from before: their results, and which were begun. */
export interface Before {
  readonly settled: ReadonlyMap<string, Ended>
  readonly claimed: ReadonlySet<string>
  /** Where the turn was gone through before and asked for approval. */
  readonly earlier?: Earlier | undefined
}

export interface Planned<R> {
  readonly plans: ReadonlyArray<Plan<R>>
  /** The limit that ends the run after this turn. */
  readonly stop: LoopGuard.LimitName | undefined
}

const again = "Not executed: the same call has given the same result several times. Do something else, or end."
const atOnce =
  "Not executed: the same call was made several times before this one, most of them at once. See what those gave."

const unknownTool = (name: string, known: Iterable<string>): string => {
  const names = [...known]
  return `There is no tool named ${name}. ${names.length === 0 ? "There are no tools." : `Tools: ${names.join(", ")}.`}`
}

/** A handler may change what it is given; the history may not. */
const copied = (input: unknown): unknown => input === undefined ? undefined : JSON.parse(JSON.stringify(input))

/** A tool that cannot say whether it needs approval needs it. */
const needsApproval = <R>(
  definition: Definition<R>,
  params: unknown,
  use: Use
): Effect.Effect<boolean> => {
  const { needsApproval } = definition
  if (typeof needsApproval !== "function") return Effect.succeed(needsApproval === true)
  return Effect.suspend(() => {
    const needed = needsApproval(params, { toolCallId: use.id, messages: [] })
    return typeof needed === "boolean" ? Effect.succeed(needed) : needed
  }).pipe(Effect.catchCause(() => Effect.succeed(true)))
}

export const plan = Effect.fnUntraced(function*<R>(
  job: Job<R>,
  state: State,
  uses: ReadonlyArray<Use>,
  before: Before
) {
  const { bounds, decisions, definitions } = job
  const times = bounds.identicalCalls
  const plans: Array<Plan<R>> = []
  const { earlier } = before
  let stop: LoopGuard.LimitName | undefined
  let { memory } = state.progress
  let warned = earlier !== undefined && memory.warned
  const atOnceBy = new Tally()
  const askedBy = new Tally()
  const answer = (use: Use, result: Ended["result"], fate: Ended["fate"]) =>
    plans.push({ _tag: "Answer", use, ended: { result, fate } })
  const synthesise = (use: Use, fate: Fate) => answer(use, synthetic(use.id, fate), fate)
  for (const use of uses) {
    const definition = definitions.byName.get(use.name)
    const hash = definition?.polling === true ? undefined : LoopGuard.hashCall(use.name, use.input)
    const known = before.settled.get(use.id)
    if (known !== undefined) {
      const isRemembered = earlier?.settled.has(use.id) === true
      if (!isRemembered) atOnceBy.add(hash)
      plans.push({ _tag: "Known", use, ended: known, hash: isRemembered ? undefined : hash })
      continue
    }
    const { callsPerTool, toolCalls } = state.progress
    const claimed = before.claimed.has(use.id)
    const ofTool = Object.hasOwn(callsPerTool, use.name) ? callsPerTool[use.name] ?? 0 : 0
    // A call that waits for a decision has its place among those that are allowed.
    const limit = claimed
      ? undefined
      : toolCalls + askedBy.total >= bounds.toolCalls
      ? "toolCalls"
      : ofTool + askedBy.of(use.name) >= bounds.callsPerTool(use.name)
      ? "callsPerTool"
      : undefined
    if (limit !== undefined) {
      stop ??= limit
      synthesise(use, "stopped")
      continue
    }
    const decision = Object.hasOwn(decisions, use.id) ? decisions[use.id] : undefined
    if (decision !== undefined && decision !== "approve") {
      const why = typeof decision === "object" ? ` ${decision.deny}` : ""
      const { content } = synthetic(use.id, "denied")
      answer(use, Results.failure(use.id, `${String(content)}${why}`), "denied")
      continue
    }
    const decoded = definition === undefined ? undefined : yield* Effect.result(definition.decode(copied(use.input)))
    const ready = definition !== undefined && decoded !== undefined && Result.isSuccess(decoded)
    // What has begun, and what somebody has allowed, was judged when it first came.
    const judged = claimed || decision !== undefined ? undefined : hash
    const [verdict, next] = judged === undefined ? ["run" as const, memory] : LoopGuard.judge(memory, judged, times)
    memory = next
    // Nobody has seen yet what the equal calls beside it give.
    const beside = judged === undefined ? 0 : atOnceBy.of(judged)
    const tooMany = verdict === "run" && judged !== undefined && beside > 0 &&
      beside + LoopGuard.streak(memory, judged) >= times
    const runs = verdict === "run" && !tooMany
    if (runs) atOnceBy.add(hash)
    if (
      runs && ready && decision === undefined && !claimed &&
      (yield* needsApproval(definition, decoded.success.params, use))
    ) {
      askedBy.add(use.name)
      plans.push({ _tag: "Ask", use })
      continue
    }
    state.count({
      toolCalls: toolCalls + 1,
      callsPerTool: definition === undefined ? callsPerTool : { ...callsPerTool, [use.name]: ofTool + 1 }
    })
    if (verdict === "stop") stop ??= "identicalCalls"
    if (!runs) {
      warned = true
      answer(use, Results.failure(use.id, tooMany ? atOnce : again), "stopped")
    } else if (claimed && !ready) {
      // Its tool was another when it began.
      synthesise(use, "interrupted")
    } else if (definition === undefined) {
      answer(use, Results.failure(use.id, unknownTool(use.name, definitions.byName.keys())), "notStarted")
    } else if (decoded === undefined || Result.isFailure(decoded)) {
      const problem = decoded === undefined ? "" : decoded.failure
      answer(use, Results.failure(use.id, `Not executed: the input does not fit the tool.\n${problem}`), "notStarted")
    } else plans.push({ _tag: "Run", use, definition, ...decoded.success, hash, unknown: claimed })
  }
  state.count({ memory: { ...memory, warned } })
  stop ??= earlier && standing(earlier, bounds, state.progress, uses)
  return { plans, stop } satisfies Planned<R> as Planned<R>
})
