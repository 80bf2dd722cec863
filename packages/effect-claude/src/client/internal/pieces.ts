/**
 * A text that comes in pieces. They are joined in groups as they come: a piece may be a slice that keeps the text of its
 * whole chunk in memory.
 */
const group = 512

export class Pieces {
  private groups: Array<string> = []
  private open: Array<string> = []
  /** Characters so far. */
  length = 0

  push(piece: string): void {
    this.open.push(piece)
    this.length += piece.length
    if (this.open.length === group) {
      this.groups.push(this.open.join(""))
      this.open = []
    }
  }

  /** True before the first piece, an empty one included. */
  get isEmpty(): boolean {
    return this.groups.length === 0 && this.open.length === 0
  }

  join(): string {
    return this.groups.join("") + this.open.join("")
  }

  clear(): void {
    this.groups = []
    this.open = []
  }
}
