/** Events to whoever reads them. A reader that is too slow loses the oldest, and is told how many. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { Event } from "./event.ts"

type Batch = readonly [Event, ...Array<Event>]

export class Reader {
  private readonly ring: Array<Event> = []
  private readonly most: number
  private readonly lose: () => void
  private from = 0
  private lost = 0
  private over = false
  private wake: (() => void) | undefined

  constructor(most: number, lose: () => void) {
    this.most = Math.max(1, most)
    this.lose = lose
  }

  push(event: Event): void {
    if (this.ring.length < this.most) this.ring.push(event)
    else {
      this.ring[this.from] = event
      this.from = (this.from + 1) % this.most
      this.lost++
      this.lose()
    }
    this.wake?.()
  }

  end(): void {
    this.over = true
    this.wake?.()
  }

  private take(): Batch | undefined {
    const events = [...this.ring.slice(this.from), ...this.ring.slice(0, this.from)]
    const [first, ...rest] = this.lost === 0 ? events : [{ _tag: "Lost", count: this.lost } as const, ...events]
    this.ring.length = 0
    this.from = 0
    this.lost = 0
    return first && [first, ...rest]
  }

  /** All that is there, or the next; done when the layer is closed and everything was read. */
  readonly pull: Effect.Effect<Batch, Cause.Done> = Effect.suspend(() => {
    const batch = this.take()
    if (batch !== undefined) return Effect.succeed(batch)
    if (this.over) return Cause.done()
    return Effect.flatMap(
      Effect.callback<void>((resume) => {
        this.wake = () => {
          this.wake = undefined
          // Not within the call that tells: what its reader does is the reader's time.
          resume(Effect.yieldNow)
        }
        return Effect.sync(() => {
          this.wake = undefined
        })
      }),
      () => this.pull
    )
  })
}

export class Outlet {
  private readonly readers = new Set<Reader>()
  private readonly most: number
  private readonly lose: () => void

  constructor(most: number, lose: () => void) {
    this.most = most
    this.lose = lose
  }

  /** Nobody reads: events need not be made. */
  get isIdle(): boolean {
    return this.readers.size === 0
  }

  publish(event: Event): void {
    for (const reader of this.readers) reader.push(event)
  }

  open(): Reader {
    const reader = new Reader(this.most, this.lose)
    this.readers.add(reader)
    return reader
  }

  close(reader: Reader): void {
    this.readers.delete(reader)
  }

  end(): void {
    for (const reader of this.readers) reader.end()
  }
}
