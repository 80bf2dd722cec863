/** Values by name, of which only so many are kept: names come from requests, and anybody may have chosen them. */

/** Of more names than these some are forgotten. */
export const mostNames = 1000
/** So many are left then at most, but for those in use. */
const keptNames = 750

export interface Keeping<A> {
  /** Somebody holds or waits for something of it. */
  readonly isUsed: (value: A) => boolean
  /** A new one would be just the same. */
  readonly isFresh: (value: A) => boolean
  readonly forget: (value: A) => void
}

export class Names<A> {
  private readonly all = new Map<string, A>()
  private readonly keeping: Keeping<A>

  constructor(keeping: Keeping<A>) {
    this.keeping = keeping
  }

  get(name: string): A | undefined {
    return this.all.get(name)
  }

  values(): ReadonlyArray<A> {
    return Array.from(this.all.values())
  }

  add(name: string, value: A): A {
    if (this.all.size >= mostNames) this.sweep()
    this.all.set(name, value)
    return value
  }

  /** Those that nobody would miss, then the oldest. */
  private sweep(): void {
    for (const dispensable of [this.keeping.isFresh, () => true]) {
      for (const [name, value] of this.all) {
        if (this.all.size <= keptNames) return
        if (this.keeping.isUsed(value) || !dispensable(value)) continue
        this.all.delete(name)
        this.keeping.forget(value)
      }
    }
  }
}
