/** The last events of an answer, kept back until it is known whether it ended at `max_tokens` and goes on. */
import type { Event, Events } from "./reader.ts"

const filled = ([first, ...rest]: ReadonlyArray<Event>): Events | undefined => first && [first, ...rest]

const isMaxTokens = (event: Event): boolean =>
  event.type === "message_delta" && event.delta.stop_reason === "max_tokens"

export class Held {
  private events: Array<Event> = []
  /** True once the answer has ended at `max_tokens`. */
  reached = false

  /** The events that may be shown now, undefined if there are none. */
  push(events: ReadonlyArray<Event>): Events | undefined {
    const shown: Array<Event> = []
    for (const event of events) {
      const last = this.events.at(-1)
      if (isMaxTokens(event) || (event.type === "message_stop" && last !== undefined && isMaxTokens(last))) {
        this.reached = event.type === "message_stop"
        this.events.push(event)
        continue
      }
      shown.push(...this.events.splice(0))
      if (event.type === "content_block_stop") this.events.push(event)
      else shown.push(event)
    }
    return filled(shown)
  }

  /** What was kept back, to be shown after all; undefined if nothing was. */
  release(): Events | undefined {
    return filled(this.events.splice(0))
  }
}
