/** A distribution in bounded memory: bins that grow by a fixed ratio, so that any quantile is right to ±5 %. */

/** Bins to a doubling. */
const perDoubling = 8
/** From 1 to 2^40; what is beyond falls into the last one. */
const mostBins = 40 * perDoubling

export interface Bin {
  readonly from: number
  readonly to: number
  readonly count: number
}

export interface Distribution {
  readonly count: number
  readonly least: number
  readonly most: number
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  /** Without those that are empty at either end. */
  readonly bins: ReadonlyArray<Bin>
}

const edge = (index: number): number => index === 0 ? 0 : 2 ** (index / perDoubling)

export class Histogram {
  private readonly counts: Array<number> = []
  private count = 0
  private sum = 0
  private least = Infinity
  private most = 0

  add(value: number): void {
    const index = value < 1 ? 0 : Math.min(mostBins, Math.max(1, Math.floor(Math.log2(value) * perDoubling)))
    this.counts[index] = (this.counts[index] ?? 0) + 1
    this.count++
    this.sum += value
    this.least = Math.min(this.least, value)
    this.most = Math.max(this.most, value)
  }

  private quantile(share: number): number {
    let left = share * this.count
    for (let index = 0; index < this.counts.length; index++) {
      const here = this.counts[index] ?? 0
      if (here > 0 && left <= here) {
        const [from, to] = [edge(index), edge(index + 1)]
        return Math.min(this.most, Math.max(this.least, from + (to - from) * left / here))
      }
      left -= here
    }
    return this.most
  }

  /** Undefined while it is empty. */
  read(): Distribution | undefined {
    const { count, counts, least, most, sum } = this
    if (count === 0) return undefined
    const first = counts.findIndex((here) => here > 0)
    const bins = Array.from(
      { length: counts.length - first },
      (_, n) => ({ from: edge(first + n), to: edge(first + n + 1), count: counts[first + n] ?? 0 })
    )
    return {
      count,
      least,
      most,
      mean: sum / count,
      p50: this.quantile(0.5),
      p90: this.quantile(0.9),
      p99: this.quantile(0.99),
      bins
    }
  }
}
