/** The journal as the activities of a workflow execution: what an activity returned once is what it returns for ever. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Activity from "effect/workflow/Activity"
import { WorkflowEngine, WorkflowInstance } from "effect/workflow/WorkflowEngine"

interface Failure {
  readonly message: string
}

/** No text is refused: Postgres takes no NUL, and UTF-8 no half of a surrogate pair. */
const nameOf = (run: string, at: number): string => `ToolJournal/${JSON.stringify(run).slice(1, -1)}/${at}`

export const makeWorkflow = <E>(failed: (failure: Failure) => E) => ({
  put: (run: string, at: number, entry: string): Effect.Effect<string, E> =>
    Effect.flatMap(Effect.context<never>(), (context) => {
      const engine = Context.getOption(context, WorkflowEngine)
      const instance = Context.getOption(context, WorkflowInstance)
      if (Option.isNone(engine) || Option.isNone(instance)) {
        return Effect.fail(failed({ message: "This journal works inside a workflow only" }))
      }
      return Activity.make({ name: nameOf(run, at), success: Schema.String, execute: Effect.succeed(entry) }).pipe(
        Effect.provideService(WorkflowEngine, engine.value),
        Effect.provideService(WorkflowInstance, instance.value)
      )
    }),
  read: () => Effect.succeed([]),
  remove: () => Effect.void
})
