/** A program that keeps its SDK and knows no Effect: all that changes is the `fetch` it is given. */
import Anthropic from "@anthropic-ai/sdk"

/** What it is for: a text, as it is written, and its end. */
export const tell = async (fetch: typeof globalThis.fetch, show: (text: string) => void): Promise<string> => {
  const client = new Anthropic({ fetch, maxRetries: 0 })
  try {
    const stream = client.messages.stream({
      model: "claude-sonnet-5-5",
      max_tokens: 1024,
      messages: [{ role: "user", content: "Tell me about rivers." }]
    })
    stream.on("text", show)
    const message = await stream.finalMessage()
    return `done: ${message.stop_reason}`
  } catch (error) {
    // The API's own errors are as they were; what a policy refused has our tag as its code.
    if (error instanceof Anthropic.APIError) return `failed: ${error.status} ${error.errorCode ?? error.type}`
    if (error instanceof Anthropic.AnthropicError) return `broke off: ${String(error.cause)}`
    throw error
  }
}
