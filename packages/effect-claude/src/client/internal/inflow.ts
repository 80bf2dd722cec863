/**
 * The bytes of one answer, pulled as they are asked for and within bounds. Time counts while bytes are waited for: a slow
 * consumer slows the socket and is never taken for a silent server.
 */
import * as Effect from "effect/Effect"
import { linger, maxBatch } from "./bounds.ts"
import type { Opened } from "./sdk.ts"
import { Alarm, type Watchdog } from "./watchdog.ts"

export interface Limits {
  readonly watchdog: Watchdog
  /** Milliseconds without a byte, and without an event. */
  readonly idle: number
  readonly quiet: number
  /** When everything must be done, as an instant of the watchdog's. */
  readonly ends: number
  /** Told of work that goes on although nobody waits for it. */
  readonly keepUntil: (work: Promise<unknown>) => void
}

/** Which bound passed. */
export type Late = "idle" | "quiet" | "ends"

/** Who makes events of the bytes. */
export interface Target {
  readonly take: (chunk: Uint8Array) => void
  readonly end: () => void
  readonly fail: (thrown: unknown) => void
  readonly late: (which: Late) => void
  /** There are events to be given. */
  readonly isFilled: boolean
  /** No more will come, because all came or because something broke. */
  readonly isOver: boolean
  readonly isComplete: boolean
}

export class Inflow {
  private readonly opened: Opened
  private readonly limits: Limits
  private readonly target: Target
  private readonly alarm: Alarm
  private wake: (() => void) | undefined
  private reading = false
  private looking = false
  private lingering = false
  private cancelled = false
  /** Since when bytes are waited for, and the time waited since the last event. */
  private since = 0
  private quiet = 0
  /** Chunks since the consumer began to wait, and how many there were at the last look. */
  private batch = 0
  private looked = 0

  constructor(opened: Opened, limits: Limits, target: Target) {
    this.opened = opened
    this.limits = limits
    this.target = target
    this.alarm = new Alarm(limits.watchdog, this.onAlarm)
  }

  /** Calls `wake` once there are events, or none will come any more. One waits at a time. */
  wait(wake: () => void): void {
    this.wake = wake
    this.batch = 0
    this.looked = 0
    this.since = this.limits.watchdog.now()
    this.step()
  }

  /** An event came: pings and half events are life for as long again. */
  heard(): void {
    this.quiet = 0
  }

  /** For a consumer that leaves while it waits. */
  readonly leave: Effect.Effect<void> = Effect.sync(() => {
    this.wake = undefined
    this.alarm.lift()
    this.cancel()
  })

  /** Ends the request; its place in the limiter is kept until it has really ended. */
  cancel(): void {
    if (this.cancelled) return
    this.cancelled = true
    this.limits.keepUntil(this.opened.cancel())
  }

  /** Takes what is there, then waits for more. */
  private step(): void {
    const { limits, opened, target } = this
    for (let chunk = opened.take?.(); chunk !== undefined; chunk = opened.take?.()) target.take(chunk)
    if (target.isOver || target.isFilled) return this.settle()
    this.alarm.set(Math.min(this.idleAt, limits.ends))
    this.read()
  }

  private read(): void {
    if (this.reading) return
    this.reading = true
    this.opened.read(this.onChunk, this.onThrown)
  }

  private get idleAt(): number {
    return this.since + Math.min(this.limits.idle, this.limits.quiet - this.quiet)
  }

  private readonly onChunk = (chunk: Uint8Array | undefined): void => {
    const { opened, target } = this
    const isWaiting = this.wake !== undefined
    this.reading = false
    if (isWaiting) {
      const now = this.limits.watchdog.now()
      this.quiet += now - this.since
      this.since = now
    }
    if (chunk === undefined) target.end()
    else target.take(chunk)
    if (!isWaiting) return
    const canWait = target.isFilled && !target.isOver && opened.take === undefined && ++this.batch < maxBatch
    if (!canWait) return this.step()
    // Waking a consumer costs more than an event: a body that cannot say what is here is read once more to see.
    this.read()
    if (!this.looking) this.look()
  }

  private readonly look = (): void => {
    this.looking = false
    if (this.wake === undefined || !this.target.isFilled) return
    if (this.looked === this.batch) return this.settle()
    this.looked = this.batch
    this.looking = true
    void Promise.resolve().then(this.look)
  }

  private readonly onThrown = (thrown: unknown): void => {
    this.reading = false
    this.target.fail(thrown)
    this.settle()
  }

  private readonly onAlarm = (): void => {
    if (this.wake === undefined) return
    const { idle, quiet, watchdog } = this.limits
    this.target.late(watchdog.now() < this.idleAt ? "ends" : idle <= quiet - this.quiet ? "idle" : "quiet")
    this.cancel()
    this.settle()
  }

  /** Answers whoever waits. */
  private settle(): void {
    const { wake } = this
    if (this.target.isOver) this.alarm.lift()
    if (this.target.isComplete) this.linger()
    this.wake = undefined
    wake?.()
  }

  /** The body comes to its end, so that its connection can be used again, or is cut soon. */
  private linger(): void {
    if (this.lingering) return
    this.lingering = true
    const bound = this.limits.watchdog.watch(linger, () => this.cancel())
    const ended = (): void => bound.lift()
    const rest = (): void => this.opened.read((chunk) => chunk === undefined ? ended() : rest(), ended)
    rest()
  }
}
