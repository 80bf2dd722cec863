// @effect-diagnostics strictEffectProvide:off
/** The command `effect-claude`. */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import { Command } from "effect/cli"
import * as Effect from "effect/Effect"
import { command } from "./command.ts"
import { textOf } from "./internal/problems.ts"

// A package manager's script runs in the package's folder; the caller's own is told here.
if (process.env["npm_lifecycle_event"] === "effect-claude" && process.env["INIT_CWD"] !== undefined) {
  process.chdir(process.env["INIT_CWD"])
}
// A reader that has left is no reason to lose the run; a full disk keeps what was asked for from whoever asked.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") return
  process.exitCode = 3
  process.stderr.write(`effect-claude: standard output: ${textOf(error)}\n`)
})
process.stderr.on("error", () => {})

Effect.runFork(command.pipe(Command.run({ version: "0.0.0" }), Effect.provide(NodeServices.layer))).addObserver(
  (exit) => {
    if (exit._tag === "Failure") {
      process.exitCode ??= 2
      // What the flags were wrong in has been said already.
      if (Cause.hasDies(exit.cause)) process.stderr.write(`effect-claude: ${textOf(Cause.squash(exit.cause))}\n`)
    }
    // What a write fails with is told after the write.
    process.stdout.write("", () => setImmediate(() => process.exit()))
  }
)
