/** Ids as 96-bit hashes, side by side in one array: a set of a million takes 25 MB, and two ids never meet by chance. */
import { createHash } from "node:crypto"

const words = 3
const atFirst = 1024
/** Fuller than this, a look-up would take too many steps. */
const mostFull = 0.7

export class Ids {
  size = 0
  private slots = atFirst
  /** Three words a slot; a slot whose first is zero is empty. */
  private table = new Uint32Array(atFirst * words)

  /** False if it was there. */
  add(id: string): boolean {
    const hash = hashOf(id)
    if (!this.put(hash)) return false
    this.size++
    if (this.size > this.slots * mostFull) this.grow()
    return true
  }

  has(id: string): boolean {
    const hash = hashOf(id)
    return this.table[this.find(hash)] === hash[0]
  }

  /** Where it is, or would be. */
  private find(hash: Uint32Array): number {
    const { slots, table } = this
    for (let slot = hash[1]! % slots;; slot = (slot + 1) % slots) {
      const at = slot * words
      if (table[at] === 0) return at
      if (table[at] === hash[0] && table[at + 1] === hash[1] && table[at + 2] === hash[2]) return at
    }
  }

  private put(hash: Uint32Array): boolean {
    const at = this.find(hash)
    if (this.table[at] !== 0) return false
    this.table.set(hash, at)
    return true
  }

  private grow(): void {
    const old = this.table
    this.slots *= 2
    this.table = new Uint32Array(this.slots * words)
    for (let at = 0; at < old.length; at += words) if (old[at] !== 0) this.put(old.subarray(at, at + words))
  }
}

const hashOf = (id: string): Uint32Array => {
  const digest = createHash("sha256").update(id).digest()
  return Uint32Array.of(digest.readUInt32LE(0) || 1, digest.readUInt32LE(4), digest.readUInt32LE(8))
}
