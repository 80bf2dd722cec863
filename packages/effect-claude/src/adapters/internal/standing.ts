/** Policies of their own for programs without Effect: made at once, ended by `dispose`. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Resilience from "../../policies/Resilience.ts"
import { type Guard, make } from "./guard.ts"

export interface Standing extends AsyncDisposable {
  readonly guard: Guard
}

/** Throws `ImpossiblePolicy`, naming every problem. */
export const standing = (options: Resilience.Options & Resilience.LayerOptions): Standing => {
  const scope = Scope.makeUnsafe()
  const made = Effect.flatMap(Resilience.settings(options), make)
  const built = Effect.flatMap(
    Layer.buildWithScope(Resilience.layer(options), scope),
    (services) => Effect.provide(made, services)
  )
  return {
    guard: Effect.runSync(Scope.provide(built, scope)),
    [Symbol.asyncDispose]: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}
