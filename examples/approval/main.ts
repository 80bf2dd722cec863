/** A payment waits for somebody; the outcome is stored meanwhile, and the process may end. */
import { Effect, Layer, Schema } from "effect"
import { History, type ToolJournal, ToolLoop } from "effect-claude"
import { Tool, Toolkit } from "effect/ai"

const Pay = Tool.make("pay", {
  description: "Pays an invoice.",
  parameters: Schema.Struct({ invoice: Schema.String, euros: Schema.Number }),
  success: Schema.String
}).setNeedsApproval(({ euros }) => euros >= 100)

const toolkit = Toolkit.make(Pay)

export const handlers = toolkit.toLayer({
  // The same whenever the same call runs again: give it to the bank.
  pay: ({ euros, invoice }) =>
    Effect.map(ToolLoop.CurrentCall, (call) => `${invoice}: ${euros} € paid, key ${call?.idempotencyKey ?? "none"}`)
})

const Stored = Schema.fromJsonString(ToolLoop.Outcome)

/** Runs until somebody has to decide, or to the end; the outcome as JSON. */
export const begin = (runId: string) =>
  ToolLoop.run({
    model: "claude-sonnet-5-5",
    max_tokens: 1024,
    history: History.make("Pay the open invoices."),
    toolkit,
    runId
  }).pipe(Effect.flatMap(Schema.encodeEffect(Stored)))

/** What waits for a decision. */
export const waiting = (stored: string) =>
  Effect.map(
    Schema.decodeEffect(Stored)(stored),
    (outcome) => outcome._tag === "NeedsApproval" ? outcome.pending.calls : []
  )

/** Goes on with the decisions; a second time for the same outcome is refused. */
export const decide = (stored: string, decisions: { readonly [callId: string]: ToolLoop.Decision }) =>
  Effect.flatMap(Schema.decodeEffect(Stored)(stored), (outcome) => ToolLoop.resume(outcome, { toolkit, decisions }))

export const loop = (journal: Layer.Layer<ToolJournal.ToolJournal>) =>
  Layer.mergeAll(ToolLoop.layer({ journal }), handlers)
