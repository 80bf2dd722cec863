/** Values of a label, of which there may only be so many: the rest is "other". */
import { redact } from "../../errors/ClaudeError.ts"

/** Characters of a value. */
const longest = 100

/** A name as it may leave the process: a key pasted where a model belongs does not. */
export const clean = (value: string): string => redact(value).slice(0, longest)

export class Labels {
  private readonly known = new Map<string, string>()
  private readonly most: number

  constructor(most: number) {
    this.most = most
  }

  of(value: string): string {
    const label = this.known.get(value)
    if (label !== undefined) return label
    if (this.known.size >= this.most) return "other"
    const made = clean(value)
    this.known.set(value, made)
    return made
  }
}
