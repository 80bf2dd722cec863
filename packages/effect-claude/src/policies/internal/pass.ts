/** A call that a circuit has let in. */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type { Outcome, RealReason } from "../../errors/ClaudeError.ts"
import type { Permit } from "../ClaudeCircuitBreaker.ts"
import type { Changed, Circuit, Ticket } from "./circuit.ts"

export class Pass implements Permit, Ticket {
  readonly epoch: number
  readonly began: number
  readonly changed: Changed | undefined
  done = false
  private readonly circuit: Circuit
  private readonly now: () => number

  /** To be made only where the circuit is not blocked. */
  constructor(circuit: Circuit, now: () => number, changed: Changed | undefined) {
    this.epoch = circuit.epoch
    // Only a circuit that is not closed asks for its age.
    this.began = circuit.isClosed ? 0 : now()
    this.changed = changed
    this.circuit = circuit
    this.now = now
    circuit.enter(this)
  }

  record(outcome: Outcome | "ignored", reason?: RealReason | undefined): Effect.Effect<void> {
    return outcome === "success" || outcome === "ignored"
      ? Effect.sync(() => this.leave(outcome))
      : Effect.map(Random.next, (random) => this.circuit.leave(this, outcome, reason, this.now(), random))
  }

  /** For these neither time nor chance matters. */
  leave(outcome: "success" | "ignored"): undefined {
    this.circuit.leave(this, outcome, undefined, 0, 0)
  }
}
