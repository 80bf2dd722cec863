// @effect-diagnostics newPromise:off
/** The lines of an answer as they arrive; memory holds one block and one line. */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as ClaudeError from "../../../errors/ClaudeError.ts"
import * as Attempts from "../attempts.ts"
import { guarded } from "../guarded.ts"
import type { Opened } from "../sdk.ts"

/** Characters of one line at most. */
const maxLine = 64 << 20

type Lines = readonly [string, ...Array<string>]

/** Ends with the body, with what is left of it as the last line. */
export const lines = (context: Attempts.Context, opened: Opened): Stream.Stream<string, ClaudeError.Reason> => {
  const { idle } = context.settings.timeouts
  const decoder = new TextDecoder()
  let begun: Array<string> = []
  let length = 0
  let over = false
  const block = guarded<Uint8Array | undefined, ClaudeError.Reason>({
    watchdog: context.transport.watchdog,
    millis: Duration.toMillis(idle),
    late: () => new ClaudeError.TimedOut({ phase: "idle", after: idle }),
    start: () => new Promise((resolve, reject) => opened.read(resolve, reject)),
    stop: () => void opened.cancel(),
    failed: Attempts.failed(context)
  })
  const taken = (bytes: Uint8Array | undefined): ReadonlyArray<string> => {
    over = bytes === undefined
    const pieces = (bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true })).split("\n")
    const rest = pieces.pop() ?? ""
    const [first] = pieces
    if (first !== undefined) {
      pieces[0] = begun.join("") + first
      begun = []
      length = 0
    }
    begun.push(rest)
    length += rest.length
    if (over && length > 0) pieces.push(begun.join(""))
    return pieces
  }
  const pull: Effect.Effect<Lines, ClaudeError.Reason | Cause.Done> = Effect.suspend(() =>
    over ? Cause.done() : Effect.flatMap(block, (bytes) => {
      const [first, ...others] = taken(bytes)
      if (length > maxLine) {
        const message = `A line of the results is longer than ${maxLine} characters.`
        return Effect.fail(new ClaudeError.ConnectionFailed({ message }))
      }
      const some: Lines | undefined = first === undefined ? undefined : [first, ...others]
      return some === undefined ? pull : Effect.succeed(some)
    })
  )
  return Stream.fromPull(Effect.succeed(pull)).pipe(Stream.ensuring(Effect.promise(() => opened.cancel())))
}
