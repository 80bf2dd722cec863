/** The last ids of many, at least so many and at most twice as many. */
export class Recent {
  private readonly least: number
  private older = new Set<string>()
  private newer = new Set<string>()

  constructor(least: number) {
    this.least = least
  }

  /** False if it is one of them. */
  add(id: string): boolean {
    if (this.newer.has(id) || this.older.has(id)) return false
    if (this.newer.size >= this.least) {
      this.older = this.newer
      this.newer = new Set()
    }
    this.newer.add(id)
    return true
  }
}
