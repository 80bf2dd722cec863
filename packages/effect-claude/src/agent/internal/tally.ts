/** How often each of several things was counted. */
export class Tally {
  total = 0
  private readonly counts = new Map<string, number>()

  add(name: string | undefined): void {
    if (name === undefined) return
    this.total++
    this.counts.set(name, this.of(name) + 1)
  }

  of(name: string): number {
    return this.counts.get(name) ?? 0
  }
}
