/** What a model's answers teach about the next one: tokens per character of input, output per size of `max_tokens`. */

/** What is charged per character before anything is known. */
const startInputPerByte = 1 / 3.5
/** No text has fewer tokens per character than this. */
export const leastInputPerByte = 1 / 12
/** By what share an estimate is off before anything is known. */
const startError = 0.1
/** So many times the mean error is held back: few are further off. */
const caution = 4
/** What an answer is expected to produce before any has come, at most: too much costs nothing, it is given back. */
const startOutput = 1024
/** Old answers count half after so many. */
const memory = 50

class Mean {
  private weight = 0
  private sum = 0
  add(value: number, weight: number): void {
    const fade = 1 - 1 / memory
    this.sum = this.sum * fade + value
    this.weight = this.weight * fade + weight
  }
  value(start: number): number {
    return this.weight === 0 ? start : this.sum / this.weight
  }
}

export class Learned {
  private readonly input = new Mean()
  private readonly error = new Mean()
  private readonly outputs = new Map<number, Mean>()

  inputTokens(bytes: number): number {
    return bytes * this.input.value(startInputPerByte)
  }
  /** How far such an estimate may be off. */
  doubt(estimate: number): number {
    return estimate * caution * this.error.value(startError)
  }
  outputTokens(maxTokens: number): number {
    const mean = this.outputs.get(Math.ceil(Math.log2(Math.max(1, maxTokens))))
    const start = Math.min(maxTokens, startOutput)
    return Math.min(maxTokens, mean === undefined ? start : mean.value(start))
  }
  learn(bytes: number | undefined, charged: number, maxTokens: number, output: number): void {
    if (bytes !== undefined && bytes > 0) {
      this.error.add(Math.abs(charged - this.inputTokens(bytes)), this.inputTokens(bytes))
      this.input.add(charged, bytes)
    }
    const size = Math.ceil(Math.log2(Math.max(1, maxTokens)))
    let mean = this.outputs.get(size)
    if (mean === undefined) this.outputs.set(size, mean = new Mean())
    mean.add(output, 1)
  }
}
