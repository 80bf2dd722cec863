/** A night's reviews through Message Batches: half the price, answers within a day, nothing lost or paid for twice. */
import { Console, Effect, Stream } from "effect"
import { type BatchJournal, type ClaudeClient, type ClaudeError, MessageBatches } from "effect-claude"

export interface Review {
  readonly id: string
  readonly text: string
}

const requestOf = ({ id, text }: Review): MessageBatches.Request => ({
  custom_id: id,
  params: {
    model: "claude-haiku-5-5",
    max_tokens: 16,
    messages: [{ role: "user", content: `Is this review good or bad? One word.\n\n${text}` }]
  }
})

const wordOf = (result: MessageBatches.Result): string => {
  if (result._tag !== "Succeeded") return result._tag === "Errored" ? result.error.reason._tag : result._tag
  const [first] = result.message.content
  return first?.type === "text" ? first.text : "nothing"
}

/** Each review's word, in the order in which they come. */
export const judged = (
  reviews: ReadonlyArray<Review>
): Stream.Stream<
  readonly [id: string, word: string],
  ClaudeError.ClaudeError | BatchJournal.BatchJournalFailed,
  ClaudeClient.ClaudeClient | BatchJournal.BatchJournal
> =>
  MessageBatches.run(Stream.map(Stream.fromIterable(reviews), requestOf), {
    onBatch: ({ id, processing_status, request_counts }) =>
      Effect.when(
        Console.log(`${id}: ${request_counts.succeeded} answered`),
        Effect.succeed(processing_status === "ended")
      )
  }).pipe(Stream.map((result) => [result.customId, wordOf(result)] as const))

export const program = judged([
  { id: "review-1", text: "Stopped working after a day." },
  { id: "review-2", text: "Best kettle I ever had." }
]).pipe(Stream.runForEach(([id, word]) => Console.log(`${id}: ${word}`)))
