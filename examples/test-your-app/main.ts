/** An app of yours: tickets are put into a queue by Claude; what Claude cannot sort, a person does. */
import { Context, Effect, Layer } from "effect"
import { ClaudeClient, Fallback } from "effect-claude"

export class Triage extends Context.Service<Triage, {
  /** Which queue a ticket belongs to; "person" where nobody can tell in time. */
  readonly queueOf: (ticket: string) => Effect.Effect<"billing" | "bugs" | "person">
}>()("examples/test-your-app/main/Triage") {
  static readonly layer = Layer.effect(
    Triage,
    Effect.map(ClaudeClient.ClaudeClient, (client) =>
      Triage.of({
        queueOf: (ticket) =>
          client.createMessage({
            model: "claude-haiku-5-5",
            max_tokens: 8,
            system: "Answer with one word: billing or bugs.",
            messages: [{ role: "user", content: ticket }]
          }).pipe(
            ClaudeClient.requireComplete,
            Effect.map(({ content: [block] }) => {
              const word = block?.type === "text" ? block.text.trim().toLowerCase() : ""
              return word === "billing" || word === "bugs" ? word : "person"
            }),
            Effect.catchTag("ClaudeError", () => Effect.succeed("person" as const))
          )
      }))
  )
}

/** The client as the app uses it; a test gives it another `fetch`, or the address of a server of its own. */
export const client = (options: ClaudeClient.Options = {}) =>
  ClaudeClient.layerStandard({
    deadline: "2 minutes",
    fallback: Fallback.whenDown(["claude-sonnet-5-5"]),
    ...options
  })

/** Sorts all tickets, four at once. */
export const sort = (tickets: ReadonlyArray<string>) =>
  Effect.flatMap(Triage, (triage) => Effect.forEach(tickets, triage.queueOf, { concurrency: 4 }))
