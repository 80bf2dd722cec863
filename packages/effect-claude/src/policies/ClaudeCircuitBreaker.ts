/**
 * Stops calling what is down: overload (529), server, connection and timeout failures open the circuit of a model and
 * endpoint; 429, other 4xx, refusals and interruption never do. Local to a process: one sick client must not close the
 * door for all. It sits inside retry and around each attempt. A thousand circuits are kept, those that are open first.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as ClaudeError from "../errors/ClaudeError.ts"
import { type After, Changes } from "./internal/changes.ts"
import { type Changed as CircuitChanged, Circuit, type State } from "./internal/circuit.ts"
import * as Direct from "./internal/direct.ts"
import * as Impossible from "./internal/impossible.ts"
import { Names } from "./internal/names.ts"
import { Pass } from "./internal/pass.ts"

/** Leave to make one call; the first record counts, and only if the state has not changed since. */
export interface Permit {
  readonly record: (
    outcome: ClaudeError.Outcome | "ignored",
    reason?: ClaudeError.RealReason | undefined
  ) => Effect.Effect<void>
}

/** Told of a change of state that a permit brought about, with what opened the circuit. */
export type Changed = CircuitChanged

export class ClaudeCircuitBreaker extends Context.Service<ClaudeCircuitBreaker, {
  /** Fails with `CircuitOpen` if a call could not pass now; takes no permit. */
  readonly check: (key: string) => Effect.Effect<void, ClaudeError.CircuitOpen>
  /** A permit, one of the probes when half open; fails with `CircuitOpen`, never waits. */
  readonly acquire: (key: string, changed?: Changed) => Effect.Effect<Permit, ClaudeError.CircuitOpen>
  /** Waits until a call that was rejected has a chance again; all who wait are woken together. */
  readonly changed: (key: string) => Effect.Effect<void>
  /** Keeps the circuit open by hand until every scope that isolated it has closed. */
  readonly isolate: (key: string) => Effect.Effect<void, never, Scope.Scope>
  readonly state: (key: string) => Effect.Effect<State>
}>()("effect-claude/policies/ClaudeCircuitBreaker") {}

export interface Options {
  /** Calls looked back on. */
  readonly window?: number
  /** No decision before so many calls. */
  readonly minimumCalls?: number
  /** The share of failures that opens. */
  readonly failureRate?: number
  readonly openFor?: Duration.Input
  /** The open time doubles with each failed probe, up to this. */
  readonly openForMax?: Duration.Input
  /** The open time is spread by this share either way. */
  readonly jitter?: number
  /** Calls let through at once when the open time is over. */
  readonly probes?: number
  /** A probe that has not ended by then no longer holds its place. */
  readonly probeTimeout?: Duration.Input
}

/** Half of the last 20 calls, at least 10; open 15 s, doubling to 5 minutes, ±25 %; one probe of at most 10 minutes. */
export const standard = {
  window: 20,
  minimumCalls: 10,
  failureRate: 0.5,
  openFor: "15 seconds",
  openForMax: "5 minutes",
  jitter: 0.25,
  probes: 1,
  probeTimeout: "10 minutes"
} as const satisfies Required<Options>

interface Entry {
  readonly circuit: Circuit
  readonly changes: Changes
  /** To be called only when not blocked. */
  readonly enter: (changed: Changed | undefined) => Pass
}

/** One set of circuits for all that is built on it. With options of yours it fails where they cannot work. */
export function layer(): Layer.Layer<ClaudeCircuitBreaker>
export function layer(options: Options): Layer.Layer<ClaudeCircuitBreaker, Impossible.ImpossiblePolicy>
export function layer(options: Options = {}): Layer.Layer<ClaudeCircuitBreaker, Impossible.ImpossiblePolicy> {
  return Layer.effect(
    ClaudeCircuitBreaker,
    Effect.gen(function*() {
      const clock = yield* Clock.Clock
      const given = { ...standard, ...options }
      yield* Impossible.refuse(Impossible.breaker(given))
      const settings = {
        ...given,
        openFor: Duration.toMillis(given.openFor),
        openForMax: Duration.toMillis(given.openForMax),
        probeTimeout: Duration.toMillis(given.probeTimeout)
      }
      const now = (): number => clock.currentTimeMillisUnsafe()
      const run = Effect.runForkWith(yield* Effect.context<never>())
      const timers = new Set<() => void>()
      yield* Effect.addFinalizer(() => Effect.sync(() => timers.forEach((stop) => stop())))
      const after: After = (millis, then) => {
        const timer = run(Effect.flatMap(clock.sleep(Duration.millis(millis)), () =>
          Effect.sync(() => {
            timers.delete(stop)
            then()
          })))
        const stop = (): void => {
          timers.delete(stop)
          timer.interruptUnsafe()
        }
        timers.add(stop)
        return stop
      }
      const entries = new Names<Entry>({
        isUsed: ({ circuit }) => !circuit.isClosed,
        isFresh: ({ circuit }) => circuit.isFresh,
        forget: () => {}
      })
      const make = (key: string): Entry => {
        const circuit = new Circuit(key, settings)
        const changes = new Changes(circuit, now, after)
        circuit.changed = changes.wake
        return { circuit, changes, enter: (changed) => new Pass(circuit, now, changed) }
      }
      const entryOf = (key: string): Entry => entries.get(key) ?? entries.add(key, make(key))
      const blockedOf = ({ circuit }: Entry): ClaudeError.CircuitOpen | undefined =>
        circuit.isClosed ? undefined : circuit.blocked(now())
      const service: ClaudeCircuitBreaker["Service"] = {
        check: (key) =>
          Effect.suspend(() => {
            const blocked = blockedOf(entryOf(key))
            return blocked === undefined ? Effect.void : Effect.fail(blocked)
          }),
        acquire: (key, changed) =>
          Effect.suspend(() => {
            const entry = entryOf(key)
            const blocked = blockedOf(entry)
            return blocked === undefined ? Effect.succeed(entry.enter(changed)) : Effect.fail(blocked)
          }),
        changed: (key) =>
          Effect.callback<void>((resume) => {
            const { changes, circuit } = entryOf(key)
            if (circuit.blocked(now()) === undefined) return resume(Effect.void)
            const wake = (): void => resume(Effect.void)
            changes.add(wake)
            return Effect.sync(() => changes.remove(wake))
          }),
        isolate: (key) =>
          Effect.acquireRelease(
            Effect.sync(() => entryOf(key).circuit.isolate(1)),
            () => Effect.sync(() => entryOf(key).circuit.isolate(-1))
          ),
        state: (key) => Effect.sync(() => entryOf(key).circuit.state(now()))
      }
      Direct.entering.set(service.acquire, {
        check: service.check,
        enter: (key) => {
          const entry = entryOf(key)
          return blockedOf(entry) === undefined ? entry.enter : undefined
        }
      })
      return service
    })
  )
}

/** What any effect's exit says of health: what is no reason of ours says nothing. */
const recorded = (permit: Permit, exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> | undefined => {
  if (Exit.isSuccess(exit)) return permit instanceof Pass ? permit.leave("success") : permit.record("success")
  const reason = ClaudeError.reasonOf(Option.getOrUndefined(Cause.findErrorOption(exit.cause)))
  return reason !== undefined && ClaudeError.isReal(reason)
    ? permit.record(reason.outcome, reason)
    : permit.record("ignored")
}

const guarded = <A, E, R>(
  breaker: ClaudeCircuitBreaker["Service"],
  key: string,
  self: Effect.Effect<A, E, R>
): Effect.Effect<A, E | ClaudeError.CircuitOpen, R> => {
  let permit: Permit | undefined
  const acquired = Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(breaker.acquire(key), (given) => {
      permit = given
      return restore(self)
    })
  )
  const entered = Effect.suspend(() => {
    permit = Direct.enterOf(breaker)?.(key)?.(undefined)
    return permit === undefined ? acquired : self
  })
  return Effect.onExitPrimitive(entered, (exit) => permit && recorded(permit, exit))
}

/** Guards any effect: it runs only while the circuit of `key` lets it, and its failure counts by its reason. */
export const withCircuitBreaker: {
  (options: { readonly key: string }): <A, E, R>(
    self: Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | ClaudeError.CircuitOpen, R | ClaudeCircuitBreaker>
  <A, E, R>(
    self: Effect.Effect<A, E, R>,
    options: { readonly key: string }
  ): Effect.Effect<A, E | ClaudeError.CircuitOpen, R | ClaudeCircuitBreaker>
} = dual(
  2,
  <A, E, R>(self: Effect.Effect<A, E, R>, { key }: { readonly key: string }) =>
    ClaudeCircuitBreaker.use((breaker) => guarded(breaker, key, self))
)
