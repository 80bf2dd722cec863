/** Ids as 96-bit hashes: a set of a million takes some 60 MB and two ids never meet by chance. */
import { createHash } from "node:crypto"

export class Ids {
  private readonly hashes = new Set<string>()

  private hash(id: string): string {
    return createHash("sha256").update(id).digest("binary").slice(0, 12)
  }
  /** False if it was there. */
  add(id: string): boolean {
    const before = this.hashes.size
    return this.hashes.add(this.hash(id)).size > before
  }
  has(id: string): boolean {
    return this.hashes.has(this.hash(id))
  }
  get size(): number {
    return this.hashes.size
  }
}
