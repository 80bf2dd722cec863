/** `bulk --batch` in batches of 20, for `kill.ts` to kill. */
import { Bulk } from "@effect-claude/cli"
import { Effect } from "effect"

const [prompts = "", out = ""] = process.argv.slice(2)
const batch = { requestsPerBatch: 20, settle: "200 millis" } as const
process.exit(Bulk.exitCode(await Effect.runPromise(Bulk.bulk({ prompts, out, progress: false, batch }))))
