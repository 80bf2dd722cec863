/** Those who wait for a circuit to change: woken together, by the change, or by the one timer for what time changes. */
import type { Circuit } from "./circuit.ts"

/** Calls back once after so many milliseconds, unless the returned function is called before. */
export type After = (millis: number, then: () => void) => () => void

export class Changes {
  private readonly waiting = new Set<() => void>()
  private stop: (() => void) | undefined
  private readonly circuit: Circuit
  private readonly now: () => number
  private readonly after: After

  constructor(circuit: Circuit, now: () => number, after: After) {
    this.circuit = circuit
    this.now = now
    this.after = after
  }

  add(wake: () => void): void {
    this.waiting.add(wake)
    if (this.stop !== undefined) return
    const millis = this.circuit.changesIn(this.now())
    if (millis < Infinity) {
      this.stop = this.after(millis, () => {
        this.stop = undefined
        this.wake()
      })
    }
  }

  remove(wake: () => void): void {
    this.waiting.delete(wake)
    if (this.waiting.size === 0) this.end()
  }

  readonly wake = (): void => {
    this.end()
    const all = Array.from(this.waiting)
    this.waiting.clear()
    for (const wake of all) wake()
  }

  private end(): void {
    this.stop?.()
    this.stop = undefined
  }
}
