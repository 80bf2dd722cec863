/** The journal of a result file's batches, beside it. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { BatchJournal } from "effect-claude"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { existsSync } from "node:fs"
import { BadInput, OutputFailed } from "../problems.ts"

export const pathOf = (out: string): string => `${out}.batches`

export const layer = (out: string): Layer.Layer<BatchJournal.BatchJournal> =>
  BatchJournal.layerFile(pathOf(out)).pipe(Layer.provide(NodeFileSystem.layer))

/** A journal that cannot be used ends the run as an output does that cannot be written. */
export const failed = (out: string) => ({ message }: BatchJournal.BatchJournalFailed): OutputFailed =>
  new OutputFailed({ path: pathOf(out), problem: message.replace(`${pathOf(out)}: `, "") })

/** Fails where batches of the file may be running: sent alone, their lines would be paid for twice. */
export const mustBeNone = (out: string): Effect.Effect<void, BadInput> =>
  Effect.suspend(() =>
    existsSync(pathOf(out))
      ? Effect.fail(
        new BadInput({
          problems: [
            `${out}: lines of it are in batches. Run the same command with --batch to collect them, or with ` +
            `--batch --cancel first; or delete ${pathOf(out)} to send them anew and pay twice.`
          ]
        })
      )
      : Effect.void
  )

/** Fails where there is nothing to cancel. */
export const mustBeSome = (out: string): Effect.Effect<void, BadInput> =>
  Effect.suspend(() =>
    existsSync(pathOf(out))
      ? Effect.void
      : Effect.fail(
        new BadInput({ problems: [`${out}: none of its lines is in a batch; there is nothing to cancel.`] })
      )
  )
